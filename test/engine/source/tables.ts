import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Cell } from '../../../src/engine/encode/cell/cell.ts'
import { storedCellOf } from '../../../src/engine/encode/cell/stored-cell.ts'
import type { CatalogTable } from '../../../src/engine/model/catalog.ts'
import type { CopyPlan, FoldPlan, PivotPlan, Plan, TablePlan } from '../../../src/engine/model/plan.ts'
import { tableIdOf } from '../../../src/engine/model/plan.ts'
import type { Snapshot } from '../../../src/engine/model/snapshot.ts'
import { openReadOnly, openWritable, type SqliteDatabase } from '../../../src/engine/source/base/sqlite.ts'
import { readCatalog } from '../../../src/engine/source/catalog/catalog.ts'
import { quoteSqlite } from '../../../src/engine/syntax/sqlite-names.ts'
import { anyCharacter } from '../../support/any-character.ts'

export class TempFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'source-values-'))
  #files = 0
  file(name = `${++this.#files}.db`): string {
    return join(this.path, name)
  }
  /** Makes a database and gives its file. */
  make(fill: (db: SqliteDatabase) => void, name?: string): string {
    const file = this.file(name)
    const db = openWritable(file)
    db.pragma('synchronous = off')
    fill(db)
    db.close()
    return file
  }
  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

export function snapshotOf(file: string, database = 'a.db'): Snapshot {
  return {
    database,
    path: file,
    file,
    bytes: 0,
    sha256: createHash('sha256').update(readFileSync(file)).digest('hex'),
    takenAt: '2026-01-01T00:00:00Z',
  }
}

export function catalogTables(file: string): readonly CatalogTable[] {
  using db = openReadOnly(file)
  return readCatalog(db, 'a.db').tables
}

type CopyParts = {
  readonly expressions?: readonly string[]
  readonly filter?: string
  readonly pivot?: PivotPlan
  readonly folds?: readonly FoldPlan[]
  readonly references?: CopyPlan['references']
}

export function copyOf(table: CatalogTable, parts: CopyParts = {}, database = 'a.db'): TablePlan {
  return {
    id: tableIdOf(database, table.name),
    database,
    table: table.name,
    fate: {
      kind: 'copy',
      copy: {
        target: { schema: 'public', table: table.name },
        key: table.key,
        read: {
          columns: table.columns.map(({ name }) => name),
          expressions: parts.expressions ?? [],
          filter: parts.filter ?? null,
          table,
        },
        pivot: parts.pivot ?? null,
        folds: parts.folds ?? [],
        columns: [],
        references: parts.references ?? [],
        identity: { kind: 'multiset' },
        unmapped: [],
      },
    },
  }
}

export function planOf(tables: readonly TablePlan[]): Plan {
  return { version: 1, tables, sourceRows: {} } as unknown as Plan
}

/** A cell in words: what a slow, obvious reading by `SLOW` gives. */
export function wordsOf(cell: Cell): string {
  const stored = storedCellOf(cell)
  if (stored === null) return 'null:'
  if ('integer' in stored) return `integer:${stored.integer}`
  if ('real' in stored) return `real:${stored.real}`
  const bytes = cell.bytes().toString('hex')
  return `${'blob' in stored ? 'blob' : 'text'}:${bytes}`
}

/** One expression read by SQLite's own printing, one cell at a time. */
export function slowWords(
  db: SqliteDatabase,
  table: string,
  order: string,
  expressions: readonly string[],
): string[][] {
  const rows: string[][] = []
  for (const expression of expressions) {
    const cells = db
      .prepare(
        `select typeof(${expression}), case typeof(${expression})
           when 'integer' then cast(${expression} as text)
           when 'real' then ${expression}
           when 'null' then '' else lower(hex(cast(${expression} as blob))) end
         from ${quoteSqlite(table)} ${order}`,
      )
      .raw()
      .all() as [string, string | number][]
    cells.forEach(([type, value], row) => {
      rows[row] ??= []
      rows[row]!.push(`${type}:${Object.is(value, -0) ? '-0' : value}`)
    })
  }
  return rows
}

/** SQL of any value, text that is not UTF-8 and texts with NUL included. */
export function anyLiteral(): fc.Arbitrary<string> {
  const hex = (bytes: Uint8Array | Buffer) => Buffer.from(bytes).toString('hex')
  return fc.oneof(
    fc.constant('null'),
    fc.integer({ min: -5, max: 5 }).map(String),
    fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }).map(String),
    fc.constantFrom('9007199254740993', '-9007199254740993', '9223372036854775807'),
    fc.double({ noNaN: true }).map(realLiteral),
    fc.constantFrom('9e999', '-9e999', '-0.0', '5.0', '0.1', '1e300', '9007199254740992.0'),
    fc
      .oneof(
        fc.string({ unit: anyCharacter }),
        fc.constantFrom('', 'a\0b', '\uFFFD', '😀é', '\uFEFFx', '5', '05', ' 5', '5.0', 'ABC', 'abc', '{}'),
      )
      .map((text) => `cast(x'${hex(Buffer.from(text))}' as text)`),
    fc.uint8Array({ maxLength: 12 }).map((bytes) => `cast(x'${hex(bytes)}' as text)`),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => `x'${hex(bytes)}'`),
  )
}

function realLiteral(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '9e999'
  if (value === Number.NEGATIVE_INFINITY) return '-9e999'
  const text = Object.is(value, -0) ? '-0.0' : String(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}

export function anyRowid(): fc.Arbitrary<bigint> {
  return fc.oneof(
    fc.bigInt({ min: -20n, max: 60n }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 0n, 9007199254740993n),
  )
}
