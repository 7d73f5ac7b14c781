/** Generated tables that only SQLite can read: WITHOUT ROWID, or with computed columns, with what is made of them. */
import fc from 'fast-check'
import type { Catalog, CatalogTable } from '../../../../src/engine/model/catalog.ts'
import type { Conversion } from '../../../../src/engine/model/conversion.ts'
import type { ColumnOrigin, CopyPlan, TablePlan } from '../../../../src/engine/model/plan.ts'
import { copyPlanOf } from '../../../../src/engine/model/plan.ts'
import type { TargetTable } from '../../../../src/engine/model/target-schema.ts'
import { temporaryFile } from '../../../support/folders.ts'
import { type GeneratedColumn, generatedColumn } from '../../page-encoder/generated-tables.ts'
import { createDatabase } from '../pages/support.ts'
import { anyLiteral, anyRowid, catalogTables, copyOf } from '../tables.ts'

export type RewrittenTable = {
  readonly file: string
  readonly catalog: CatalogTable
  readonly table: TablePlan
  readonly copy: CopyPlan
  readonly target: TargetTable
}

const integer: Conversion = { kind: 'integer', bytes: 8, form: 'integer' }
const text: Conversion = { kind: 'text', maxCharacters: null }

/** Keys of WITHOUT ROWID tables, over the columns `a`, `b`, `n` and `c0`; null for a table with rowids. */
const keys = [
  null,
  'n',
  'a, n',
  'c0, n desc',
  'a collate nocase desc, n',
  'b collate rtrim, a, n',
  'n, b desc, a collate nocase',
  'a, b, c0',
] as const

const mostly = (...literals: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof({ arbitrary: fc.constantFrom(...literals), weight: 9 }, { arbitrary: anyLiteral(), weight: 1 })

export const rewrittenTable = fc.array(generatedColumn, { minLength: 1, maxLength: 3 }).chain((columns) =>
  fc.record({
    columns: fc.constant(columns),
    key: fc.constantFrom(...keys),
    isComputed: fc.boolean(),
    encoding: fc.constantFrom<Catalog['encoding'][]>('UTF-8', 'UTF-8', 'UTF-16le', 'UTF-16be'),
    pageSize: fc.constantFrom(512, 4096, 65536),
    rows: fc.array(
      fc.record({
        rowid: anyRowid(),
        a: mostly("'a'", "'A'", "'b'", "'naïve'"),
        b: mostly("'x'", "'X'", "'x '", "'y'"),
        cells: fc.tuple(...columns.map(({ value }) => value)),
      }),
      { maxLength: 60 },
    ),
    /** Added when half of the rows are there. */
    added: fc.constantFrom(null, 'integer default 7', 'real default 3', "text default 'naïve'", 'text'),
    long: fc.constantFrom(0, 0, 600, 5000),
  }),
)

type Generated = typeof rewrittenTable extends fc.Arbitrary<infer T> ? T : never

export function createRewritten({
  columns,
  key,
  isComputed,
  encoding,
  pageSize,
  rows,
  added,
  long,
}: Generated): RewrittenTable {
  const file = temporaryFile()
  const db = createDatabase(file, { pageSize, encoding })
  const declared = columns.map(({ declared: type }, index) => `c${index} ${type}`)
  const computed = isComputed ? ['g text as (n || a) virtual', 's real as (n * 2) stored'] : []
  // The names of what SQLite writes are taken.
  const all = ['a text', ...declared, ...computed, 'n integer', 'b', 'first', 'rowid_']
  db.exec(
    key === null
      ? `create table t(id integer primary key, ${all.join(', ')})`
      : `create table t(${all.join(', ')}, primary key (${key})) without rowid`,
  )
  const names = columns.map((_, index) => `c${index}`)
  rows.forEach(({ rowid, a, b, cells }, row) => {
    if (added !== null && row === rows.length >> 1) db.exec(`alter table t add column late ${added}`)
    const own = key === null ? [['id', String(rowid)]] : []
    const fixed = [...own, ['a', a], ['b', b], ['n', String(row)], ['first', `'${'x'.repeat(long)}'`]]
    const places = cells.map((cell) => (isInvalidText(cell) ? 'cast(? as text)' : '?'))
    db.prepare(
      `insert or ignore into t(${[...fixed.map(([name]) => name), ...names].join(', ')})
       values (${[...fixed.map(([, literal]) => literal), ...places].join(', ')})`,
    ).run(...cells.map((cell) => (isInvalidText(cell) ? cell.invalidText : cell)))
  })
  db.close()
  const catalog = catalogTables(file)[0]!
  const origins: { from: ColumnOrigin; nullable: boolean }[] = columns.map((column, index) => ({
    from: originIn(catalog, column, `c${index}`),
    nullable: column.nullable,
  }))
  const others = catalog.columns.filter(({ name }) => !names.includes(name) && name !== 'first')
  origins.unshift(
    ...others.map(({ name }) => ({
      from: {
        kind: 'column',
        column: name,
        conversion: name === 'n' || name === 'id' ? integer : text,
      } as const,
      nullable: true,
    })),
  )
  const plan = copyOf(catalog)
  const copy: CopyPlan = {
    ...copyPlanOf(plan),
    columns: origins.map(({ from }, index) => ({ target: `t${index}`, from })),
  }
  const target = {
    schema: 'public',
    table: 't',
    columns: origins.map(({ nullable }, index) => ({ name: `t${index}`, nullable })),
  } as unknown as TargetTable
  return { file, catalog, table: { ...plan, fate: { kind: 'copy', copy } }, copy, target }
}

function originIn({ key }: CatalogTable, column: GeneratedColumn, name: string): ColumnOrigin {
  const origin = column.origin(name)
  return origin.kind === 'rowid' && key.kind !== 'rowid'
    ? { kind: 'column', column: name, conversion: integer }
    : origin
}

function isInvalidText(value: unknown): value is { readonly invalidText: Buffer } {
  return typeof value === 'object' && value !== null && 'invalidText' in value
}
