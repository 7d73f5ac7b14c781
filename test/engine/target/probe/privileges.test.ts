/** Rights that the server refuses, each provoked: the hint is the grant that gives the very right, and it works as printed. */
import { expect, it } from 'vitest'
import { type Connection, connect } from '../../../../src/engine/target/connection/connection.ts'
import { TargetError } from '../../../../src/engine/target/connection/pg-errors.ts'
import { forEachServer, freshDatabase } from '../../../support/databases.ts'

const setup = `
  create schema closed;
  create table public.todo (id serial primary key);
  create function public.hidden() returns int language sql as 'select 1';
  revoke execute on function public.hidden() from public;
  create type public.mood as enum ('ok');
  revoke usage on type public.mood from public;`

/** Statement, and what the hint grants; null where no grant helps. */
const refused: readonly (readonly [string, string | null])[] = [
  ['create schema mine', 'grant create on database'],
  ['create temporary table scratch (id int)', 'grant temporary on database'],
  ['create table closed.t (id int)', 'grant usage, create on schema "closed"'],
  ['select * from public.todo', 'grant select, insert, update on "todo"'],
  [`select nextval('public.todo_id_seq')`, 'grant usage, select, update on sequence "todo_id_seq"'],
  ['select public.hidden()', 'grant execute on function hidden'],
  ['create table pg_temp.t (m public.mood)', 'grant usage on type public.mood'],
  ['alter table public.todo add x int', null],
  ['create role other', null],
]

forEachServer((server) => {
  it('a role that may not connect: the grant is that right', async () => {
    const database = await freshDatabase(server.url)
    const owner = await connect(database.address)
    const name = JSON.stringify(database.address.database)
    const role = `barred_${owner.processId}`
    try {
      await owner.execute(
        `create role ${role} login password 'secret'; revoke connect on database ${name} from public`,
      )
      const barred = { ...database.address, user: role, password: 'secret' }
      const error: unknown = await connect(barred).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'insufficient-privilege', sqlstate: '42501' })
      const printed = /^Grant it: (grant connect .*)\.$/.exec((error as TargetError).hint!)![1]!
      await owner.execute(printed)
      await (await connect(barred)).end()
      await owner.execute(`revoke connect on database ${name} from ${role}; drop role ${role}`)
    } finally {
      await owner.end()
      await database.drop()
    }
  })

  it('42501 names the right and the grant', async () => {
    const database = await freshDatabase(server.url)
    const owner = await connect(database.address)
    const role = `poor_${owner.processId}`
    try {
      await owner.execute(`${setup}
        create role ${role} login password 'secret';
        revoke temporary on database ${JSON.stringify(database.address.database)} from public`)
      const poor: Connection = await connect({ ...database.address, user: role, password: 'secret' })
      try {
        for (const [statement, grant] of refused) {
          const error: unknown = await poor.execute(statement).catch((thrown: unknown) => thrown)
          expect(error, statement).toBeInstanceOf(TargetError)
          const { code, sqlstate, hint } = error as TargetError
          expect([code, sqlstate], statement).toEqual(['insufficient-privilege', '42501'])
          if (grant === null) {
            expect(hint, statement).toMatch(/--role NAME|grant temporary/)
            continue
          }
          expect(hint, statement).toContain(`Grant it: ${grant}`)
          const printed = /^Grant it: (.*)\.$/.exec(hint!)![1]!
          await owner.execute(`set search_path to public; ${printed}; set search_path to pg_catalog, pg_temp`)
          await poor.execute(statement)
        }
      } finally {
        await poor.end()
      }
      await owner.execute(`drop owned by ${role} cascade; drop role ${role}`)
    } finally {
      await owner.end()
      await database.drop()
    }
  })
})
