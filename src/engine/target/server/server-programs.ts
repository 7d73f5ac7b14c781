/** Runs PostgreSQL's own programs as the account that they require. */
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { MigrateError } from '../../model/errors.ts'
import { type Account, serverAccount } from './account.ts'

/** Asks the installation for its version. Throws `embedded-broken` with the program's output. */
export function inspectBinaries(folder: string): Binaries {
  const result = spawnSync(program(folder, 'postgres'), ['--version'], {
    encoding: 'utf8',
    timeout: 60_000,
    ...identity(serverAccount()),
    cwd: '/',
  })
  const major = /\b(\d+)(?:\.|devel|beta|rc)/.exec(result.stdout ?? '')?.[1]
  if (result.status === 0 && major !== undefined) return { folder, major: Number(major) }
  throw new MigrateError('target', 'embedded-broken', `PostgreSQL in ${folder} does not start.`, {
    hint: (result.error?.message ?? result.stderr ?? '').trim() || 'Name a server of your own with --target.',
    cause: result.error,
  })
}

export function program(folder: string, name: string): string {
  return join(folder, process.platform === 'win32' ? `${name}.exe` : name)
}

export function identity(account: Account | null): { uid?: number; gid?: number } {
  return account === null ? {} : { uid: account.uid, gid: account.gid }
}

/** An environment without the user's PG* variables and locale, so that they do not affect the server. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const kept: NodeJS.ProcessEnv = { LC_ALL: 'C', TZ: 'UTC' }
  for (const name of ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR']) {
    if (process.env[name] !== undefined) kept[name] = process.env[name]
  }
  return kept
}

export function runToEnd(
  command: string,
  args: readonly string[],
  account: Account | null,
  cwd: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: serverEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      ...identity(account),
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        said += data.toString('utf8')
      })
    }
    const fail = (hint: string, cause?: unknown) =>
      reject(
        new MigrateError(
          'target',
          'embedded-init-failed',
          'The embedded PostgreSQL could not create its files.',
          {
            hint,
            cause,
          },
        ),
      )
    child.once('error', (error) => fail(error.message, error))
    child.once('close', (code) =>
      code === 0 ? resolve() : fail(said.trim().split('\n').slice(-4).join(' ')),
    )
  })
}

/** A PostgreSQL installation: the folder with `initdb` and `postgres`, and its major version. */
export type Binaries = { readonly folder: string; readonly major: number }
