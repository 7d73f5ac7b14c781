import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import type { TablePlan } from '../../../../src/engine/model/plan.ts'
import type { Snapshot } from '../../../../src/engine/model/snapshot.ts'
import { openReadOnly, type SqliteDatabase } from '../../../../src/engine/source/base/sqlite.ts'
import { cutBlocks } from '../../../../src/engine/source/readers/blocks.ts'
import { openSqliteReader } from '../../../../src/engine/source/readers/sqlite-reader.ts'
import { buildStaging, openStaging } from '../../../../src/engine/source/staging/staging.ts'
import { quoteSqlite } from '../../../../src/engine/syntax/sqlite-names.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import {
  anyLiteral,
  anyRowid,
  catalogTables,
  copyOf,
  planOf,
  slowWords,
  snapshotOf,
  TempFolder,
  wordsOf,
} from '../tables.ts'

const folder = new TempFolder()
afterAll(() => folder[Symbol.dispose]())

type ReadRow = {
  cells: string[]
  nested: { rowid: string; ordinal: number; cells: string[] }[]
  wanted: boolean
}

function readStaged(
  db: SqliteDatabase,
  plan: TablePlan,
  snapshots: Snapshot[],
  others: TablePlan[] = [],
  size = 4,
) {
  const file = folder.file()
  buildStaging(planOf([plan, ...others]), snapshots, file)
  const staging = openStaging(file)
  const reader = openSqliteReader(db, plan, staging)
  const rows: ReadRow[] = []
  const blocks = cutBlocks(db, plan, { rowsPerBlock: size, staging })
  for (const block of blocks) {
    const reading = reader.open(block)
    const before = rows.length
    while (
      reading.advance(3, (row) => {
        const isPivot = plan.fate.kind === 'copy' && plan.fate.copy.pivot !== null
        // Each nested row is valid only until the next.
        const nested = Array.from(isPivot ? row.members() : row.children(0), (child) => ({
          rowid: wordsOf(child.rowid),
          ordinal: child.ordinal,
          cells: child.map(wordsOf),
        }))
        rows.push({ cells: row.cells.map(wordsOf), nested: nested, wanted: row.wanted })
        expect(row.ordinal).toBe(rows.length)
      })
    );
    expect(rows.length - before).toBe(block.rows)
    expect(before).toBe(block.rowsBefore)
  }
  reader.close()
  return { rows, staging, blocks }
}

const tableKinds = {
  rowid: 'create table NAME (COLUMNS)',
  'without rowid': 'create table NAME (COLUMNS, primary key (k desc)) without rowid',
} as const

test('pivot: groups in the order of their first rows, all members in order, nulls together', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('rowid', 'without rowid'),
      fc.constantFrom('UTF-8', 'UTF-16le'),
      fc.uniqueArray(
        fc.tuple(
          anyRowid(),
          fc.constantFrom('null', "'x'", "'X'", '1', '1.0'),
          fc.oneof(fc.constantFrom('1', "'1'"), anyLiteral()),
          anyLiteral(),
        ),
        { maxLength: 40, selector: ([rowid]) => rowid },
      ),
      fc.boolean(),
      (kind, encoding, rows, filtered) => {
        const file = folder.make((db) => {
          db.pragma(`encoding = '${encoding}'`)
          const sql = tableKinds[kind as 'rowid']
          db.exec(sql.replace('NAME', 't').replace('COLUMNS', 'k integer, a collate nocase, b, v'))
          for (const [k, a, b, v] of rows) {
            const rowid = kind === 'rowid' ? 'rowid, ' : ''
            db.exec(
              `insert into t (${rowid}k, a, b, v) values (${kind === 'rowid' ? `${k}, ` : ''}${k}, ${a}, ${b}, ${v})`,
            )
          }
        })
        const db = openReadOnly(file)
        const parts = filtered ? { filter: "a = 'x'" } : {}
        const plan = copyOf(catalogTables(file)[0]!, {
          ...parts,
          expressions: ['k + 1'],
          pivot: { groupBy: ['a', 'b'], name: 'b', value: 'v', archived: [] },
        })
        const { rows: read } = readStaged(db, plan, [snapshotOf(file)])
        // Naive: walk the rows, ask SQLite whether two are in the same group.
        const order = kind === 'rowid' ? 'rowid' : 'k desc'
        const keys = db.prepare(`select k from t order by ${order}`).pluck().safeIntegers().all() as bigint[]
        const words = readWords(db, plan, order)
        const same = db
          .prepare(
            `select x.a is y.a and x.b is y.b ${filtered ? "and ((x.a = 'x') is true) = ((y.a = 'x') is true)" : ''} from t x, t y where x.k = ? and y.k = ?`,
          )
          .pluck()
        const groups: number[][] = []
        keys.forEach((key, index) => {
          const group = groups.find(([first]) => same.get(keys[first!], key) === 1)
          if (group) group.push(index)
          else groups.push([index])
        })
        expect(read.map(({ nested }) => nested.map(({ cells }) => cells))).toEqual(
          groups.map((group) => group.map((index) => words[index]!)),
        )
        expect(read.map(({ nested }) => nested.map(({ ordinal }) => ordinal))).toEqual(
          groups.map((group) => group.map((index) => index + 1)),
        )
        expect(read.map(({ cells }) => cells.slice(0, 4))).toEqual(groups.map(([first]) => words[first!]))
        if (kind === 'rowid') {
          expect(read.flatMap(({ nested }) => nested.map(({ rowid }) => rowid))).toEqual(
            groups.flat().map((index) => `integer:${keys[index]}`),
          )
        }
        if (filtered) {
          const isX = db.prepare("select (a = 'x') is true from t where k = ?").pluck()
          expect(read.map(({ wanted }) => wanted)).toEqual(
            groups.map(([first]) => isX.get(keys[first!]) === 1),
          )
        }
        db.close()
      },
    ),
    { numRuns: propertyRuns(100) },
  )
})

/** Words of all rows by the reader without a pivot, itself compared with SQLite's printing in the reader's test. */
function readWords(db: SqliteDatabase, plan: TablePlan, order: string): string[][] {
  const columns = plan.fate.kind === 'copy' ? plan.fate.copy.read.columns : []
  if (db.pragma('encoding', { simple: true }) === 'UTF-8') {
    return slowWords(db, plan.table, `order by ${order}`, columns.map(quoteSqlite))
  }
  if (plan.fate.kind !== 'copy') return []
  const bare: TablePlan = {
    ...plan,
    fate: {
      kind: 'copy',
      copy: { ...plan.fate.copy, pivot: null, read: { ...plan.fate.copy.read, expressions: [] } },
    },
  }
  const reader = openSqliteReader(db, bare, null)
  const rows: string[][] = []
  const reading = reader.open({ range: { after: null, through: null }, rowsBefore: 0 })
  while (reading.advance(100, (row) => rows.push(row.cells.map(wordsOf))));
  reader.close()
  return rows
}

const childValue = fc.oneof(
  fc.constantFrom('1', "'1'", '1.0', "'01'", "'a'", "'A'", 'null', "x'61'", "'2 '", '2'),
  anyLiteral(),
)

test('fold: every child with the first parent that SQLite finds equal, the rest without a parent', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('rowid', 'without rowid'),
      fc.constantFrom('rowid', 'without rowid'),
      fc.constantFrom('integer', 'text collate nocase', 'numeric', 'blob', ''),
      fc.constantFrom('integer', 'text collate nocase', 'text collate rtrim', 'real', ''),
      fc.uniqueArray(fc.tuple(anyRowid(), childValue), { maxLength: 15, selector: ([k]) => k }),
      fc.uniqueArray(fc.tuple(anyRowid(), childValue, anyLiteral()), { maxLength: 40, selector: ([k]) => k }),
      fc.boolean(),
      (parentKind, childKind, parentType, childType, parents, children, twoFiles) => {
        const fillParents = (db: SqliteDatabase) => {
          db.exec(
            tableKinds[parentKind as 'rowid']
              .replace('NAME', 'p')
              .replace('COLUMNS', `k integer, id ${parentType}`),
          )
          for (const [k, id] of parents) insert(db, 'p', parentKind, k, [id])
        }
        const fillChildren = (db: SqliteDatabase) => {
          db.exec(
            tableKinds[childKind as 'rowid']
              .replace('NAME', 'c')
              .replace('COLUMNS', `k integer, ref ${childType}, v`),
          )
          for (const [k, ref, v] of children) insert(db, 'c', childKind, k, [ref, v])
        }
        const file = folder.make((db) => {
          fillParents(db)
          if (!twoFiles) fillChildren(db)
        })
        const childFile = twoFiles ? folder.make(fillChildren) : file
        const childDatabase = twoFiles ? 'b.db' : 'a.db'
        const db = openReadOnly(file)
        const table = catalogTables(file).find(({ name }) => name === 'p')!
        const columns = ['k', 'ref', 'v']
        const childId = `${childDatabase}/c`
        const plan = copyOf(table, {
          folds: [{ tableId: childId, table: 'c', columns, childColumn: 'ref', parentColumn: 'id' }],
        })
        const childPlan: TablePlan = {
          id: childId,
          database: childDatabase,
          table: 'c',
          fate: { kind: 'fold', into: plan.id, column: 'x' },
        }
        const { rows, staging } = readStaged(
          db,
          plan,
          [snapshotOf(file), snapshotOf(childFile, 'b.db')],
          [childPlan],
        )
        const naive = openReadOnly(childFile)
        naive.prepare('attach ? as parents').run(file)
        const childOrder = childKind === 'rowid' ? 'c.rowid' : 'c.k desc'
        const firstParent = naive
          .prepare(
            `select (select count(*) from parents.p as q where ${parentKind === 'rowid' ? 'q.rowid <= p.rowid' : 'q.k >= p.k'})
             from c, parents.p where c.k = ? and c.ref = p.id order by ${parentKind === 'rowid' ? 'p.rowid' : 'p.k desc'} limit 1`,
          )
          .pluck()
        const keys = naive
          .prepare(`select k from c order by ${childOrder}`)
          .pluck()
          .safeIntegers()
          .all() as bigint[]
        const words = slowWords(naive, 'c', `order by ${childOrder}`, columns)
        const expected: string[][][] = rows.map(() => [])
        const parentless: string[][] = []
        const ordinals: number[] = []
        keys.forEach((key, index) => {
          const parent = firstParent.get(key) as number | undefined
          if (parent === undefined) {
            parentless.push(words[index]!)
            ordinals.push(index + 1)
          } else expected[parent - 1]!.push(words[index]!)
        })
        expect(rows.map(({ nested }) => nested.map(({ cells }) => cells))).toEqual(expected)
        for (const { nested } of rows) {
          for (const child of nested) expect(child.cells).toEqual(words[child.ordinal - 1])
        }
        const alone = [...staging.parentless(db, plan, 0)].map((child) => child.ordinal)
        expect(alone).toEqual(ordinals)
        expect(
          Array.from(staging.parentless(db, plan, 0), (child) => child.cells.map((cell) => wordsOf(cell))),
        ).toEqual(parentless)
        naive.close()
        db.close()
      },
    ),
    { numRuns: propertyRuns(120) },
  )
})

function insert(db: SqliteDatabase, table: string, kind: string, k: bigint, values: readonly string[]): void {
  const rowid = kind === 'rowid'
  const columns = table === 'p' ? 'k, id' : 'k, ref, v'
  db.exec(
    `insert into ${table} (${rowid ? 'rowid, ' : ''}${columns}) values (${rowid ? `${k}, ` : ''}${k}, ${values.join(', ')})`,
  )
}

test('a parent with thousands of children, and children read twice', () => {
  const file = folder.make((db) => {
    db.exec('create table p (id integer primary key); insert into p values (1), (2), (3)')
    db.exec('create table c (ref integer, n integer)')
    db.exec(
      'with recursive g(i) as (select 1 union all select i + 1 from g where i < 7001) insert into c select 1 + (i % 2) * 2, i from g',
    )
  })
  const db = openReadOnly(file)
  const table = catalogTables(file).find(({ name }) => name === 'p')!
  const plan = copyOf(table, {
    folds: [{ tableId: 'a.db/c', table: 'c', columns: ['n'], childColumn: 'ref', parentColumn: 'id' }],
  })
  const before = readFileSync(file)
  const { rows } = readStaged(db, plan, [snapshotOf(file)])
  expect(rows.map(({ nested }) => nested.length)).toEqual([3500, 0, 3501])
  expect(rows[2]!.nested.at(-1)!.cells).toEqual(['integer:7001'])
  expect(readFileSync(file).equals(before)).toBe(true)
  db.close()
})

test('equal snapshots give equal staging files', () => {
  const file = folder.make((db) => {
    db.exec('create table t (a, b); insert into t values (1, 2), (2, 3), (1, 4)')
  })
  const plan = planOf([
    copyOf(catalogTables(file)[0]!, { pivot: { groupBy: ['a'], name: 'b', value: 'b', archived: [] } }),
  ])
  const [one, two] = [folder.file(), folder.file()]
  buildStaging(plan, [snapshotOf(file)], one)
  buildStaging(plan, [snapshotOf(file)], two)
  buildStaging(plan, [snapshotOf(file)], two)
  expect(readFileSync(one).equals(readFileSync(two))).toBe(true)
})

test.each([
  ['text', 'integer'],
  ['integer', 'text'],
  ['', 'text'],
  ['text collate nocase', ''],
])('a fold of a %s id and a %s reference takes time by the rows, not by their product', (id, reference) => {
  const file = folder.make((db) => {
    db.exec(`create table p (id ${id}); create table c (ref ${reference})`)
    const rows = 'with recursive g(i) as (select 1 union all select i + 1 from g where i < 60000)'
    db.exec(`insert into p ${rows} select i from g; insert into c ${rows} select i from g`)
  })
  const plan = copyOf(catalogTables(file).find(({ name }) => name === 'p')!, {
    folds: [{ tableId: 'a.db/c', table: 'c', columns: ['ref'], childColumn: 'ref', parentColumn: 'id' }],
  })
  const started = performance.now()
  buildStaging(planOf([plan]), [snapshotOf(file)], folder.file())
  expect(performance.now() - started).toBeLessThan(15_000)
})
