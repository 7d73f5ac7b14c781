/** Columns that a generated table gets while it has rows already (ALTER TABLE ADD COLUMN), with hostile defaults. */
import fc from 'fast-check'
import type { Conversion } from '../../../src/engine/model/conversion.ts'
import { addedColumns } from '../source/pages/generated.ts'
import { type GeneratedColumn, generatedColumn } from './generated-tables.ts'

/** `at`: the number of rows before the column was added. */
export type AddedColumn = { readonly column: GeneratedColumn; readonly at: number }

const integer: Conversion = { kind: 'integer', bytes: 4, form: 'integer' }
const bigint: Conversion = { kind: 'integer', bytes: 8, form: 'integer' }
const double: Conversion = { kind: 'double' }
const numeric: Conversion = { kind: 'numeric', precision: 20, scale: 3, form: 'real' }
const text: Conversion = { kind: 'text', maxCharacters: null }
const timestamptz: Conversion = { kind: 'timestamptz', zone: 'UTC', epoch: 'seconds', form: null }
const json: Conversion = { kind: 'json', text: 'document', storage: 'jsonb' }

/** Defaults, each with conversions that take it. */
const matched: readonly (readonly [declared: string, ...conversions: readonly Conversion[]])[] = [
  ['integer default 7', integer, bigint, numeric, timestamptz],
  ['integer default -9223372036854775808', bigint, numeric],
  ['integer default 8388608', integer, bigint, double],
  ['default 1', integer, { kind: 'boolean', form: 'integer' }],
  ['integer not null default (5)', integer, double],
  ['integer default 1709210000', integer, timestamptz],
  ['real default 3', double, numeric],
  ['real default -12345678901', double, numeric],
  ['real default 1.25', double, numeric],
  ['numeric default 1234.5', double, numeric],
  ['numeric default 2.0', double, integer],
  ['text', text, timestamptz, json, double],
  ['', integer, text],
  ["text default 'naïve 🙂'", text],
  ["text default 'it''s'", text, { kind: 'text', maxCharacters: 4 }],
  ["text default ''", text],
  ['text default 12', text, { kind: 'integer', bytes: 8, form: 'text' }],
  ["text default '2024-02-29 12:30:00.25'", text, timestamptz],
  ["text default '0123abcd-4567-89ef-0123-456789abcdef'", text, { kind: 'uuid', form: 'lower' }],
  [`text default '{"b": 1, "a": [1.50, null]}'`, text, json],
  [`default '[]'`, json, text],
  ["default x'0123abcd456789ef0123456789abcdef'", { kind: 'bytes' }, { kind: 'uuid', form: 'blob' }],
  [`text default '${'long '.repeat(4000)}'`, text],
]

const plain: fc.Arbitrary<GeneratedColumn> = fc
  .tuple(fc.constantFrom(...matched), fc.nat(), fc.nat({ max: 9 }))
  .map(([[declared, ...conversions], choice, nullable]) => ({
    declared,
    nullable: nullable > 0,
    origin: (column) => ({ kind: 'column', column, conversion: conversions[choice % conversions.length]! }),
    value: fc.constant(null),
  }))

const hostile: fc.Arbitrary<GeneratedColumn> = fc
  .tuple(generatedColumn, fc.constantFrom(...addedColumns, ...matched.map(([declared]) => declared)))
  .map(([column, declared]) => ({ ...column, declared, value: fc.constant(null) }))

/** Takes no space in a record, and is not copied. */
const virtual: GeneratedColumn = {
  declared: "text as ('v' || c0) virtual",
  origin: () => ({ kind: 'nothing' }),
  nullable: true,
  value: fc.constant(null),
}

export const columnsAdded: fc.Arbitrary<readonly AddedColumn[]> = fc.array(
  fc.record({
    column: fc.oneof(
      { weight: 14, arbitrary: plain },
      { weight: 1, arbitrary: hostile },
      { weight: 1, arbitrary: fc.constant(virtual) },
    ),
    at: fc.nat({ max: 60 }),
  }),
  { maxLength: 4 },
)
