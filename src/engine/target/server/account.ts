/**
 * The account that our PostgreSQL servers run as, since PostgreSQL refuses to run as root. Invariant: for any user but root it is the
 * user's own account, and no file changes owner.
 */
import { spawnSync } from 'node:child_process'
import { realpathSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { MigrateError } from '../../model/errors.ts'

export type Account = { readonly name: string; readonly uid: number; readonly gid: number }

/** Null when the server runs as the current user; else the unprivileged account for it. */
export function serverAccount(): Account | null {
  if (process.getuid === undefined || process.getuid() !== 0) return null
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const uid = idOf(['-u', name])
    const gid = idOf(['-g', name])
    if (uid !== null && gid !== null && uid > 0) return { name, uid, gid }
  }
  throw new MigrateError(
    'target',
    'embedded-no-account',
    'PostgreSQL does not run as root, and this machine has neither an account "postgres" nor "nobody".',
    {
      hint: 'Create one (useradd --system postgres), start gpt-migrate as another user, or name a server with --target.',
    },
  )
}

/** Whether a server's socket file belongs to us, to root, or to the account of the machine's own servers. */
export function isOfMachine({ uid }: Pick<Stats, 'uid'>): boolean {
  if (process.getuid === undefined || uid === 0 || uid === process.getuid()) return true
  return ['postgres', '_postgres'].some((name) => idOf(['-u', name]) === uid)
}

/** The number that `id` prints; null when it fails. */
function idOf(args: readonly string[]): number | null {
  const result = spawnSync('id', args, { encoding: 'utf8', timeout: 10_000 })
  const text = result.status === 0 ? result.stdout.trim() : ''
  return /^\d+$/.test(text) ? Number(text) : null
}

/** Whether the account may enter the folder and all folders above it (POSIX mode bits only, no ACLs). */
export function canEnter(folder: string, account: Account | null): boolean {
  if (account === null) return true
  let at: string
  try {
    at = realpathSync(folder)
  } catch {
    return false
  }
  for (;;) {
    if (!allows(statSync(at), account, 1)) return false
    const above = dirname(at)
    if (above === at) return true
    at = above
  }
}

/** Whether the file mode gives the account the right: 4 reads, 1 enters or executes. */
export function allows(stats: Stats, account: Account, right: 1 | 4 | 5): boolean {
  const shift = stats.uid === account.uid ? 6 : stats.gid === account.gid ? 3 : 0
  return ((stats.mode >> shift) & right) === right
}
