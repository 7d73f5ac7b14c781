/** Generated tables in files of their own, with what the encoders of pages are given of them. */
import fc from 'fast-check'
import type { Catalog } from '../../../src/engine/model/catalog.ts'
import type { Conversion } from '../../../src/engine/model/conversion.ts'
import type { ColumnOrigin, CopyPlan } from '../../../src/engine/model/plan.ts'
import type { TargetTable } from '../../../src/engine/model/target-schema.ts'
import { ColumnCount } from '../../../src/engine/source/census/column-count.ts'
import { seed } from '../../support/breadth.ts'
import { temporaryFile } from '../../support/folders.ts'
import { documentTexts } from '../encode/json/json-texts.ts'
import { copyPlanOf, createDatabase } from '../source/pages/support.ts'
import { type GeneratedColumn, generatedColumn } from './generated-tables.ts'
import { type AddedColumn, columnsAdded } from './grown-tables.ts'

export type Table = { readonly file: string; readonly copy: CopyPlan; readonly target: TargetTable }

export function tableOf(
  columns: readonly GeneratedColumn[],
  alias: boolean,
  pageSize: number,
  rows: readonly (readonly unknown[])[],
  added: readonly AddedColumn[] = [],
  encoding: Catalog['encoding'] = 'UTF-8',
): Table {
  const file = temporaryFile()
  const db = createDatabase(file, { pageSize, encoding })
  const names = columns.map((_, index) => `c${index}`)
  const id = alias ? ['id integer primary key'] : []
  db.exec(
    `create table t(${[...id, ...columns.map(({ declared }, index) => `c${index} ${declared}`)].join(', ')})`,
  )
  const addColumns = (isDue: (at: number) => boolean): void => {
    added.forEach(({ column, at }, index) => {
      if (isDue(at)) db.exec(`alter table t add column a${index} ${column.declared}`)
    })
  }
  db.transaction(() => {
    for (const [row, cells] of rows.entries()) {
      addColumns((at) => at === row)
      const places = cells.map((cell) => (isInvalidText(cell) ? 'cast(? as text)' : '?'))
      db.prepare(`insert into t(${names.join(', ')}) values (${places.join(', ')})`).run(
        ...cells.map((cell) => (isInvalidText(cell) ? cell.invalidText : cell)),
      )
    }
    addColumns((at) => at >= rows.length)
  })()
  const origins = [
    ...columns.map(({ origin, nullable }, index) => ({ from: origin(`c${index}`), nullable })),
    ...added.map(({ column }, index) => ({
      from: column.origin(`a${index}`),
      nullable: column.nullable,
    })),
  ]
  if (alias) {
    const conversion = { kind: 'integer', bytes: 4, form: 'integer' } as const
    origins.unshift({ from: { kind: 'column', column: 'id', conversion }, nullable: false })
  }
  const copy: CopyPlan = {
    ...copyPlanOf(db, 't', alias ? 'id' : null),
    columns: origins.map(({ from }, index) => ({ target: `t${index}`, from })),
  }
  db.close()
  const target = {
    schema: 'public',
    table: 't',
    columns: origins.map(({ nullable }, index) => ({ name: `t${index}`, nullable })),
  } as unknown as TargetTable
  return { file, copy, target }
}

function isInvalidText(value: unknown): value is { readonly invalidText: Buffer } {
  return typeof value === 'object' && value !== null && 'invalidText' in value
}

const encodings = fc.constantFrom<Catalog['encoding'][]>('UTF-8', 'UTF-8', 'UTF-16le', 'UTF-16be')

export const generatedTable = fc.array(generatedColumn, { minLength: 1, maxLength: 4 }).chain((columns) =>
  fc.record({
    columns: fc.constant(columns),
    alias: fc.boolean(),
    exact: fc.boolean(),
    pageSize: fc.constantFrom(512, 4096, 65536),
    rows: fc.array(fc.tuple(...columns.map(({ value }) => value)), { minLength: 1, maxLength: 60 }),
    added: columnsAdded,
    encoding: encodings,
  }),
)

export function columnOf(conversion: Conversion, declared = ''): GeneratedColumn {
  const origin = (column: string): ColumnOrigin => ({ kind: 'column', column, conversion })
  return { declared, origin, nullable: true, value: fc.constant(null) }
}

export const timestamp = { kind: 'timestamp', zone: 'UTC', epoch: null, form: null } as const
export const uuid = { kind: 'uuid', form: 'lower' } as const
export const dates = ['1900', '2000', '2023', '2024', '2100', '0000', '0004', '9999'].flatMap((year) =>
  ['01-01', '02-28', '02-29', '02-30', '04-31', '06-30', '12-31', '12-32', '13-01', '00-10', '11-00'].map(
    (day) => `${year}-${day}`,
  ),
)

/** Numbers around those that the compiled code writes in a column of text. */
export const numerals: readonly (bigint | number)[] = [
  ...[0n, 9n, 10n, -1n, 2n ** 53n, 2n ** 53n + 1n, 10n ** 18n, 2n ** 63n - 1n, -(2n ** 63n)],
  ...[0, -0, 1, -5, 0.1, -0.5, 1e-6, 1.1e-6, 0.00000123, 9.9e-7, 1e-7, 0.00000001, 1e-9, 0.3, 0.1 + 0.2],
  ...[99999999.99999999, 9999999.12345678, 10000000.12345678, 123456.7, 999999.99999999, 0.99999999],
  ...[0.999999999, 4503599627370495.5, 5e14 + 0.5, 99999999999999.9, 1e15, 1e15 + 0.5, 1e15 + 2, 1e16],
  ...[1e21, 1e22, 1.5e300, 5e-324, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1 / 3, 2.5, 100.25],
]

const wholes = ['0', '1', '9999', '10000', '10001', '99999999', '100000000', '999999999999', '1000000000000']
const fractions = ['', '.5', '.9999', '.0001', '.00010001', '.00009999', '.00000001', '.000000000001']

/** Numerics of each scale, from REALs and from text, around the groups of four digits in which they are sent. */
export const groupsOfDigits: readonly (readonly [form: 'real' | 'text', scale: number | null])[] = [
  null,
  0,
  3,
  4,
  8,
  12,
].flatMap((scale) => [['real', scale] as const, ['text', scale] as const])

export function tableOfDigits(form: 'real' | 'text', scale: number | null): Table {
  const texts = wholes.flatMap((whole) => fractions.map((fraction) => `${whole}${fraction}`))
  return tableOf(
    [columnOf({ kind: 'numeric', precision: scale === null ? null : 30, scale, form })],
    true,
    4096,
    texts.flatMap((text) => [text, `-${text}`]).map((text) => [form === 'real' ? Number(text) : text]),
  )
}

export const jsonb = { kind: 'json', text: 'document', storage: 'jsonb' } as const
export const json = { kind: 'json', text: 'document', storage: 'json' } as const
/** Documents that jsonb prints as they are, that it prints otherwise, that it refuses, and that are none. */
export const documents = [
  ...['{"a": 1, "bb": -0.50, "cc": [true, false, null, {}, []]}', '[1, "x", {"k": {"k": []}}]', '[]', '{}'],
  ...[
    '{"b": 1, "a": 2}',
    '{"bb": 1, "a": 2, "c": "naïve"}',
    '{"a":1}',
    '{"a" : 1}',
    ' {"a": 1} ',
    '[-0.0, 1]',
  ],
  ...[
    '{"a": 1, "a": 2}',
    '{"a": 1, "b": 2, "a": 3}',
    '{"a": {"b": 1}, "b": {"a": 1, "b": 2}}',
    '[1e5, 2E-3, 1.5e-07, -0e+1]',
    '[1e100, 2e, 3e+]',
  ],
  ...[
    '["a\\n\\"\\\\"]',
    '["a\\/b"]',
    '["\\u00e9", "\\ud83d"]',
    '["\\u00e9\\uD83D\\uDE00\\ud83d\\ude00"]',
    '["\\u0041\\u001f\\u001F\\u000b\\u0022"]',
    '["\\ude00"]',
    '["\\u0000"]',
    '["\\u001F"]',
    '["\\u000b\\u001f"]',
    '["\\u000d"]',
    '["\\u0020"]',
    '["\\ud83d\\ud83d"]',
    '["\\u00e"]',
    '["\\u0020\\u007f\\u0080\\u07ff\\u0800\\uffff"]',
    '["\\ud83d\\u0041"]',
    '{"\\u00e9": 1}',
    '[1.50e1, -12.34e-5, 0.001e2, -0.0e-3]',
    '{"$blob": "AA=="}',
    '{"a\\n": 1}',
    '"text"',
    '12',
    '-',
    'true',
    '',
  ],
  ...[
    `${'['.repeat(40)}${']'.repeat(40)}`,
    `[${'1'.repeat(400)}]`,
    `[0.${'1'.repeat(400)}]`,
    '{"": 1, "a": ""}',
  ],
  ...[
    '[01]',
    '[1.]',
    '[.5]',
    '[-]',
    '[tru]',
    '[nul',
    '[falsy]',
    '["\u007f", "\u0001"]',
    '{"a": 1,}',
    '[1 2]',
    '{1: 2}',
  ],
]

/** Documents whose numbers are about as long as the sixteen bytes that are looked at at once. */
export const longNumbers = [1, 2, 12, 13, 14, 15, 16, 17].flatMap((digits) => {
  const [some, zeros] = ['1234567890123456789'.slice(0, digits), '0'.repeat(digits)]
  const unsigned = [
    ...[
      some,
      `${some}.`,
      `${some}.5`,
      `0.${some}`,
      `.${some}`,
      `${some}.${some}`,
      `1.${some}e1`,
      `${some}E2`,
    ],
    ...[zeros, `0${some}`, `0.${zeros}`, `${zeros}.1`, `${some}.5.5`, `${some}-`],
  ]
  return unsigned.flatMap((number) => [
    `[${number}]`,
    `[-${number}, 1]`,
    `{"a": ${number}`,
    `[${number}`,
    number,
  ])
})

/** The documents, and neighbours of them and of others, of which `ColumnCount` says that the server returns them as they are written. */
export function unchangedTexts({ storage }: typeof jsonb | typeof json): readonly string[] {
  const generated = fc.sample(documentTexts, { numRuns: 2000, seed })
  const onOnePage = (text: string): boolean => text.length < 1000
  return [...disturbed(documents), ...longNumbers, ...generated].filter(onOnePage).filter((text) => {
    const column = new ColumnCount('a')
    const bytes = Buffer.from(text, 'utf8')
    column.seeText(bytes, 0, bytes.length, 1)
    const spellings = column.settle()?.spellings
    return (storage === 'json' ? spellings?.jsonDocuments : spellings?.printedDocuments) === 1
  })
}

export const notUtf8 = ['["\xff"]', '{"\xc3": 1}', '["\xc3"]'].map((text) => ({
  invalidText: Buffer.from(text, 'latin1'),
}))

/** Each text, and each with characters changed, left out and put in. */
export function disturbed(texts: readonly string[]): string[] {
  return texts.flatMap((text) => [
    text,
    ...Array.from(text.slice(0, 60), (_, at) =>
      Array.from('{}[]":, 0-.e', (other) =>
        [0, 1].map((cut) => text.slice(0, at) + other + text.slice(at + cut)),
      ),
    ).flat(2),
  ])
}

/** What stands before and after digits and hex digits in ASCII, separators, and what differs from a digit or a letter in one bit. */
const besideDigits = '/:@G`g -{+.TZz\0\x10\x15!'

/**
 * The text with each of its characters replaced by others, or by a byte that no character begins with; and cut and extended. In between as
 * it is: often enough for the rows not to be given up.
 */
function spoiled(text: string): unknown[] {
  const around = (at: number, other: string) => `${text.slice(0, at)}${other}${text.slice(at + 1)}`
  return Array.from(text).flatMap((character, at) => [
    ...Array.from(besideDigits, (other) => around(at, other)),
    { invalidText: Buffer.from(around(at, String.fromCharCode(character.charCodeAt(0) | 0x80)), 'latin1') },
    text.slice(0, at),
    `${text}${text.slice(0, at + 1)}`,
    ...Array.from({ length: besideDigits.length + 5 }, () => text),
  ])
}

const id = '0123abcd-4567-89ef-0123-456789abcdef'
const instant = { ...timestamp, kind: 'timestamptz' } as const

/** Texts that the compiled code reads by their bytes: the column's conversion, a text that is right, and others that are nearly so. */
export const strictlyRead: readonly (readonly [
  what: string,
  conversion: Conversion,
  right: string,
  values: readonly unknown[],
])[] = [
  ['a date', timestamp, '2024-02-29 00:00:00', dates.map((date) => `${date} 00:00:00`)],
  ['a day', { ...timestamp, kind: 'date' }, '2024-02-29', spoiled('2024-02-29')],
  ['a time', timestamp, '1999-12-31 23:59:59', spoiled('1999-12-31 23:59:59')],
  ['a minute', timestamp, '2024-02-29T23:59', spoiled('2024-02-29T23:59')],
  ['a fraction', timestamp, '2024-02-29T00:00:00.123456', spoiled('2024-02-29T00:00:00.123456')],
  ['an instant', instant, '2024-02-29 12:34:56.78Z', spoiled('2024-02-29 12:34:56.78Z')],
  ['an offset', instant, '2024-02-29T12:34:56.1+00:00', spoiled('2024-02-29T12:34:56.1+00:00')],
  ...['true', 'False', 'YES', 'off', 't', 'No'].map(
    (word) => [`the word ${word}`, { kind: 'boolean', form: 'true' }, word, spoiled(word)] as const,
  ),
  ['a UUID', uuid, id, [...spoiled(id), `{${id}}`, id.toUpperCase(), `0123ABCD${id.slice(8)}`]],
  [
    'a bare UUID',
    { ...uuid, form: 'upper-bare' },
    bareOf(id),
    [...spoiled(bareOf(id)), bareOf(id).toLowerCase()],
  ],
]

function bareOf(text: string): string {
  return text.replaceAll('-', '').toUpperCase()
}
