/** The role that a session works as. Invariant: it is the user itself, or the role that the user asked for. */
import type pg from 'pg'
import { shellWord } from '../../model/shell-word.ts'
import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { TargetError } from './pg-errors.ts'

/** Switches the session to the role: its rights apply, and it owns what the session creates (manual, SET ROLE). */
export async function takeRole(client: pg.Client, role: string): Promise<void> {
  try {
    await client.query(`set role ${quoteIdentifier(role)}`)
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    if (code !== '22023' && code !== '42501') throw error
    throw new TargetError('role-not-taken', `The role "${role}" cannot be taken: ${message}.`, {
      hint: 'Name a role of the server that the user is a member of: --role NAME.',
      cause: error,
    })
  }
}

/**
 * Throws `role-not-asked` when a superuser's session works as a role that is not a superuser: a database's owner can arrange that (`alter
 * database … set role`) and would then own what is created.
 */
export async function refuseSetRole(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ user: string; role: string; database: string }>(
    `select s.rolname::text as user, r.rolname::text as role, quote_ident(current_database()) as database
       from pg_roles s, pg_roles r
      where s.rolname = session_user and r.rolname = current_user and s.rolsuper and not r.rolsuper`,
  )
  const found = rows[0]
  if (found === undefined) return
  throw new TargetError(
    'role-not-asked',
    `A setting of the database or of the user makes sessions of the superuser "${found.user}" work as the role "${found.role}": what is created would belong to it.`,
    {
      hint: `If that is wanted: --role ${shellWord(found.role)}. Else take the setting away: set role none; alter database ${found.database} reset role;`,
    },
  )
}
