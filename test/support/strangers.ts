/** Another role on the server, with code that must not run with our rights. */
import pg from 'pg'

/** Executes statements as the role; null: as the server's administrator. */
export async function asRole(url: string, role: string | null, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    if (role !== null) await client.query(`set session authorization ${role}`)
    return await client.query(sql)
  } finally {
    await client.end()
  }
}

/** Creates a role that may log in and create schemas in the database. */
export async function createStranger(url: string, database: string, role: string): Promise<void> {
  await asRole(url, null, `create role ${role} login; grant create on database ${database} to ${role}`)
}

export async function dropStranger(url: string, role: string): Promise<void> {
  await asRole(url, null, `drop owned by ${role} cascade; drop role ${role}`)
}

/** Traps: a sequence counts every call of another role's code by a superuser, even one that is rolled back. */
export const TRAPS = `
  create schema mine; grant usage on schema mine to public; create sequence mine.calls;
  create function mine.caught() returns integer immutable language plpgsql as $$ begin
    if current_setting('is_superuser') = 'on' or current_user::regrole in (select oid from pg_roles where rolsuper)
    then perform nextval('mine.calls'); end if; return 1; end $$;
  create function mine.catch(text) returns integer immutable language sql as 'select mine.caught()';
  create function mine.same(text, text) returns boolean immutable language sql as 'select mine.caught() = 1';
  create function mine.catches() returns trigger language plpgsql as
    $$ begin perform mine.caught(); return coalesce(new, old); end $$;`

/** Whether any trap has caught a superuser. */
export async function hasCaught(url: string): Promise<boolean> {
  const { rows } = await asRole(url, null, 'select is_called from mine.calls')
  return (rows[0] as { is_called: boolean }).is_called
}
