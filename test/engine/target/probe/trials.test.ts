/** The probe's trials on a role that lacks what each of them tries, and on one that lacks nothing; what they did is gone afterwards. */
import { expect, it } from 'vitest'
import type { Trial } from '../../../../src/engine/model/trial.ts'
import { quoteIdentifier } from '../../../../src/engine/syntax/postgres-names.ts'
import { connect } from '../../../../src/engine/target/connection/connection.ts'
import { runTrials } from '../../../../src/engine/target/probe/trials/run-trials.ts'
import { anyServer, freshDatabase } from '../../../support/databases.ts'

const outcomes = (trials: readonly Trial[]) =>
  Object.fromEntries(trials.map(({ name, outcome }) => [name, outcome]))

it('name what a role lacks with the statement that grants it, and leave nothing behind', async () => {
  const database = await freshDatabase(anyServer().url)
  const owner = await connect(database.address)
  const role = `few_rights_${owner.processId}`
  const named = quoteIdentifier(database.address.database)
  try {
    await owner.execute(`
      create role ${role} login password 'secret' connection limit 6;
      revoke temporary on database ${named} from public;
      alter role ${role} set statement_timeout = '1ms';
      alter role ${role} set array_nulls = off;
      alter role ${role} set standard_conforming_strings = off`)
    const asRole = { ...database.address, user: role, password: 'secret' }
    await using poor = await connect({ ...asRole, schema: 'public' })
    const before = await runTrials(poor, 4)
    expect(outcomes(before)).toMatchObject({
      pooler: 'full',
      writes: 'full',
      encoding: 'full',
      sessions: 'fallback',
      'session-settings': 'full',
      'create-schemas': 'refused',
      'temporary-tables': 'fallback',
    })
    expect(before.find(({ name }) => name === 'sessions')?.sentence).toContain('--jobs 2')
    // What helps, carried out as it is printed.
    for (const { help } of before) {
      const statements = help?.match(/(?:grant|alter role|alter database) [^;]+;/g) ?? []
      for (const statement of statements) await owner.execute(statement)
    }
    const after = outcomes(await runTrials(poor, 4))
    expect(after).toMatchObject({
      sessions: 'full',
      'create-schemas': 'full',
      'row-security': 'full',
      'temporary-tables': 'full',
      'address-schema': 'full',
    })
    const { rows } = await owner.query(
      `select nspname from pg_namespace where nspname !~ '^pg_' and nspname not in ('public', 'information_schema')`,
    )
    expect(rows).toEqual([])
  } finally {
    await owner.execute(`drop owned by ${role} cascade; drop role ${role}`)
    await owner.end()
    await database.drop()
  }
})

it('see what no catalog says: event triggers that secure or refuse new tables', async () => {
  const database = await freshDatabase(anyServer().url)
  const owner = await connect(database.address)
  const trigger = (body: string) =>
    owner.execute(`
      create or replace function public.on_ddl() returns event_trigger language plpgsql as $$
        declare made record;
        begin
          for made in select * from pg_event_trigger_ddl_commands() where command_tag = 'CREATE TABLE' loop
            ${body}
          end loop;
        end $$`)
  try {
    await trigger(`execute format('alter table %s enable row level security', made.object_identity);`)
    await owner.execute('create event trigger secures on ddl_command_end execute function public.on_ddl()')
    const secured = (await runTrials(owner, 1)).find(({ name }) => name === 'row-security')
    expect(secured).toMatchObject({ outcome: 'fallback', sentence: expect.stringContaining('secures') })
    await trigger(`raise exception 'ask the administrators';`)
    const refused = await runTrials(owner, 1)
    expect(refused.find(({ outcome }) => outcome === 'refused')).toMatchObject({
      name: 'create-schemas',
      sentence: expect.stringContaining('ask the administrators'),
    })
  } finally {
    await owner.end()
    await database.drop()
  }
})
