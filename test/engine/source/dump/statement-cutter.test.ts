/** A dump is cut the same however its bytes arrive, and nothing in a quote ends a statement. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { StatementCutter } from '../../../../src/engine/source/dump/statement-cutter.ts'

const known = [
  "insert into t values('it''s; fine', \"a;b\", [c;d], `e;f`)",
  'create trigger g after insert on t begin update t set a = case when 1 then 2 end; delete from u; end',
  'create temp trigger h after insert on t begin select 1; /* ; end; */ end',
  'create table "trigger" (a, b)',
  "insert into t values(x'00', -1, 4/2, 4-2)",
  '/* ; */ select 1',
  'commit',
]
const fillings = [' \n', "-- ; it's a comment\n", "/* ;\n' */", ';', '\r\n\t', '\ufeff']

function cut(text: string, sizes: readonly number[]): { line: number; sql: string }[] {
  const cutter = new StatementCutter()
  const found: { line: number; sql: string }[] = []
  const bytes = Buffer.from(text)
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!
    for (const { line, bytes: one } of cutter.push(bytes.subarray(at, at + size)))
      found.push({ line, sql: one.toString() })
    at += size
  }
  const rest = cutter.rest()
  return rest === null ? found : [...found, { line: rest.line, sql: `${rest.bytes} (unfinished)` }]
}

test('statements come out as they stand, with the line that they begin in', () => {
  const statement = fc.constantFrom(...known)
  const filling = fc.array(fc.constantFrom(...fillings), { maxLength: 3 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(
      fc.array(fc.tuple(filling, statement), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 }),
      (parts, sizes) => {
        let text = ''
        const expected: { line: number; sql: string }[] = []
        for (const [before, sql] of parts) {
          text += before
          const shown = sql.replace('/* ; */ ', '')
          expected.push({ line: text.split('\n').length, sql: shown })
          text += `${sql};`
        }
        expect(cut(text, sizes)).toEqual(expected)
      },
    ),
    { numRuns: 300 },
  )
})

test('what has no semicolon is left over', () => {
  expect(cut("insert into t values(1);\n\ninsert into t values('cut", [7])).toEqual([
    { line: 1, sql: 'insert into t values(1)' },
    { line: 3, sql: "insert into t values('cut (unfinished)" },
  ])
  expect(cut('commit; -- the end', [5])).toEqual([{ line: 1, sql: 'commit' }])
})
