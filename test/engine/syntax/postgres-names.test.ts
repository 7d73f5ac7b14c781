import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../../../src/engine/syntax/postgres-names.ts'
import { resolveTarget } from '../../../src/engine/target/address/address.ts'
import { connect } from '../../../src/engine/target/connection/connection.ts'
import { anyCharacter } from '../../support/any-character.ts'
import { propertyRuns } from '../../support/breadth.ts'
import { forEachServer } from '../../support/databases.ts'

const hostile = fc.oneof(
  fc.constantFrom(
    `"; drop schema public; --`,
    `\\'; select 1; --`,
    '$$',
    `E'\\x27`,
    'select',
    '\u202e"',
    "''",
    '""',
  ),
  fc.string({ unit: anyCharacter, minLength: 1, maxLength: 15 }),
)

test('a name or text that PostgreSQL cannot hold is refused', () => {
  expect(() => quoteIdentifier('')).toThrow(expect.objectContaining({ code: 'empty-name' }))
  expect(() => quoteIdentifier('a\0b')).toThrow(expect.objectContaining({ code: 'nul-in-name' }))
  expect(() => quoteLiteral('a\0b')).toThrow(expect.objectContaining({ code: 'nul-in-text' }))
  expect(quoteTable({ schema: 'a.b', table: 'c"d' })).toBe('"a.b"."c""d"')
})

forEachServer((server) => {
  test('sql-injection: the server reads back every name and text as it was, whatever standard_conforming_strings says', async () => {
    const connection = await connect(resolveTarget({ target: server.url, env: {} }))
    const text = hostile.filter((value) => !value.includes('\0'))
    for (const setting of ['on', 'off']) {
      await connection.execute(
        `set standard_conforming_strings to ${setting}; set escape_string_warning to off`,
      )
      await fc.assert(
        fc.asyncProperty(text, text, async (name, value) => {
          const row = await connection.queryOne(`select ${quoteLiteral(value)} as ${quoteIdentifier(name)}`)
          expect(Object.entries(row)).toEqual([[name, value]])
        }),
        { numRuns: propertyRuns(150) },
      )
    }
    await connection.end()
  })
})
