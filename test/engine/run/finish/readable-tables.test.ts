/** A table is read back while others are still indexed, and never while a statement is to come that would wait for its readers. */
import { expect, it } from 'vitest'
import type { ObjectKind, Statement } from '../../../../src/engine/plan/ddl/ddl-statement.ts'
import { ReadableTables } from '../../../../src/engine/run/finish/readable-tables.ts'

const table = (name: string) => ({ schema: 'public', table: name })

function statement(kind: ObjectKind, name: string): Statement {
  return { sql: '', object: { kind, schema: 'public', name: kind }, table: table(name) }
}

it('names a table once, after the last statement that locks readers out', () => {
  const named: string[] = []
  const [key, unique, index, check, reference] = [
    statement('primary-key', 'a'),
    statement('unique', 'a'),
    statement('index', 'a'),
    statement('check', 'b'),
    statement('foreign-key', 'c'),
  ]
  const readable = new ReadableTables(
    [table('a'), table('b'), table('c'), table('d')],
    [key, unique, index, check, reference],
    ({ table: name }) => named.push(name),
  )
  // Only an index or a reference is to come, or nothing.
  expect(named).toEqual(['c', 'd'])
  readable.finish(key)
  readable.finish(index)
  readable.finish(reference)
  expect(named).toEqual(['c', 'd'])
  readable.finish(unique)
  expect(named).toEqual(['c', 'd', 'a'])
  readable.finish(check)
  expect(named).toEqual(['c', 'd', 'a', 'b'])
})
