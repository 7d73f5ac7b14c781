import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import type { SourceRow } from '../../../../src/engine/encode/cell/cell.ts'
import { Cell } from '../../../../src/engine/encode/cell/cell.ts'
import { storedCellOf } from '../../../../src/engine/encode/cell/stored-cell.ts'
import type { TablePlan } from '../../../../src/engine/model/plan.ts'
import { rememberAnswers } from '../../../../src/engine/plan/evidence/questions.ts'
import { openReadOnly } from '../../../../src/engine/source/base/sqlite.ts'
import { readCatalog } from '../../../../src/engine/source/catalog/catalog.ts'
import { takeCensus } from '../../../../src/engine/source/census/census.ts'
import { openSqliteReader } from '../../../../src/engine/source/readers/sqlite-reader.ts'
import { openSnapshotQueries } from '../../../../src/engine/source/snapshot/snapshot-queries.ts'
import { missingParentSql } from '../../../../src/engine/source/staging/missing-parent.ts'
import { findOrphans, orphanTest } from '../../../../src/engine/source/staging/orphans.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { anyLiteral, catalogTables, copyOf, planOf, snapshotOf, TempFolder } from '../tables.ts'

const folder = new TempFolder()
afterAll(() => folder[Symbol.dispose]())

const UUID = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'
const anyId = fc.oneof(
  fc.constantFrom(
    '5',
    "'5'",
    '5.0',
    "'05'",
    "'5.0'",
    "'abc'",
    "'ABC'",
    "'abc '",
    'null',
    `'${UUID}'`,
    `'${UUID.toUpperCase()}'`,
    `'${UUID.replaceAll('-', '')}'`,
    `x'${UUID.replaceAll('-', '')}'`,
    `'a0eebc999-c0b-4ef8-bb6d-6bb9bd380a11'`,
    "cast(x'61ff' as text)",
    "'a'||char(0)||'b'",
    "x'61'",
    "'a'",
    '9007199254740993',
    "'9007199254740993'",
    '9007199254740992.0',
    '9007199254740994',
    '9007199254740994.0',
  ),
  anyLiteral(),
)

/** Slow and obvious: what two stored cells have in common. */
function idOf(cell: Cell): string | null {
  const stored = storedCellOf(cell)
  if (stored === null) return null
  if ('blob' in stored) {
    const hex = Buffer.from(stored.blob, 'base64').toString('hex')
    return hex.length === 32 ? `uuid ${hex}` : `blob ${hex}`
  }
  if ('integer' in stored) return stored.integer
  if ('real' in stored) {
    const value = Number(stored.real)
    return Number.isInteger(value) && Math.abs(value) <= 2 ** 53 ? String(BigInt(value)) : `real ${value}`
  }
  if ('textBase64' in stored) return `bytes ${stored.textBase64}`
  const dashed = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(stored.text)
  return dashed || /^[0-9a-f]{32}$/i.test(stored.text)
    ? `uuid ${stored.text.replaceAll('-', '').toLowerCase()}`
    : stored.text
}

function eachRow(file: string, plan: TablePlan, visit: (row: SourceRow) => void): void {
  const db = openReadOnly(file)
  const reader = openSqliteReader(db, plan, null)
  const reading = reader.open({ range: { after: null, through: null }, rowsBefore: 0 })
  while (reading.advance(100, visit));
  reader.close()
  db.close()
}

test('orphans are exactly the values whose id no parent has, in any class, collation, encoding, file', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 }),
      fc.constantFrom('', 'integer', 'text collate nocase', 'numeric', 'text'),
      fc.constantFrom('', 'integer', 'text collate nocase', 'text collate rtrim', 'real'),
      fc.boolean(),
      fc.constantFrom(null, 'UTF-8'),
      fc.array(fc.tuple(anyId, anyId), { maxLength: 12 }),
      fc.array(fc.tuple(anyId, anyId), { maxLength: 25 }),
      (width, parentType, childType, indexed, otherFile, parents, children) => {
        const fillParents = (db: Parameters<Parameters<TempFolder['make']>[0]>[0]) => {
          db.exec(`create table p (a ${parentType}, b ${parentType})`)
          for (const row of parents) db.exec(`insert into p values (${row.join(', ')})`)
          if (indexed) db.exec('create index i on p(a, b)')
        }
        const file = folder.make((db) => {
          db.exec(`create table c (a ${childType}, b ${childType})`)
          for (const row of children) db.exec(`insert into c values (${row.join(', ')})`)
          if (otherFile === null) fillParents(db)
        })
        const parentFile =
          otherFile === null
            ? file
            : folder.make((db) => {
                db.pragma(`encoding = '${otherFile}'`)
                fillParents(db)
              })
        const database = otherFile === null ? 'a.db' : 'b.db'
        const columns = ['a', 'b'].slice(0, width)
        const plan = copyOf(catalogTables(file).find(({ name }) => name === 'c')!, {
          references: [
            {
              columns,
              parent: { tableId: `${database}/p`, database, table: 'p', columns },
              onOrphan: 'null-reference',
              target: 'x',
              originalIn: null,
            },
          ],
        })
        const parentPlan = copyOf(catalogTables(parentFile).find(({ name }) => name === 'p')!, {}, database)
        const snapshots = [snapshotOf(file), snapshotOf(parentFile, 'b.db')]
        const sets = findOrphans(planOf([plan, parentPlan]), snapshots)
        const queries = openSnapshotQueries(snapshots)
        expect(findOrphans(planOf([plan, parentPlan]), snapshots, { censuses: [], queries })).toEqual(sets)
        queries.close()
        const idsOf = (row: SourceRow) => row.cells.slice(0, width).map(idOf)
        const known = new Set<string>()
        eachRow(parentFile, parentPlan, (row) => known.add(JSON.stringify(idsOf(row))))
        const tester = orphanTest(structuredClone(sets), plan.id, 0)
        let orphans = 0
        eachRow(file, plan, (row) => {
          const ids = idsOf(row)
          const isOrphan = !ids.includes(null) && !known.has(JSON.stringify(ids))
          if (isOrphan) orphans++
          expect([ids, tester?.(row.cells.slice(0, width)) ?? false]).toEqual([ids, isOrphan])
        })
        expect(sets[0]?.rows ?? 0).toBe(orphans)
        expect((sets[0]?.samples.length ?? 0) > 0).toBe(orphans > 0)
        const keys = sets[0]?.samples.map(({ key }) => key) ?? []
        expect(new Set(keys).size).toBe(keys.length)
        expect(tester === null).toBe(orphans === 0)
      },
    ),
    { numRuns: propertyRuns(200) },
  )
})

test('a parent in a database of another encoding; a parent that is not there at all', () => {
  const parentFile = folder.make((db) => {
    db.pragma("encoding = 'UTF-16be'")
    db.exec("create table p (id); insert into p values ('é'), (5), (9007199254740993)")
  })
  const file = folder.make((db) => {
    db.exec(
      "create table c (id integer primary key, r); insert into c values (1, 'é'), (2, '5'), (3, 'è'), (4, null), (7, 9007199254740993)",
    )
  })
  const reference = { columns: ['r'], onOrphan: 'null-reference', target: 'r', originalIn: null } as const
  const table = catalogTables(file)[0]!
  const parent = { tableId: 'b.db/p', database: 'b.db', table: 'p', columns: ['id'] }
  const plan = copyOf(table, {
    references: [
      { ...reference, parent },
      { ...reference, parent: null },
    ],
  })
  const sets = findOrphans(planOf([plan]), [snapshotOf(file), snapshotOf(parentFile, 'b.db')])
  expect(sets).toEqual([
    { tableId: plan.id, reference: 0, rows: 1, samples: [{ key: '3', value: '"è"' }], ids: ['Tè'] },
    expect.objectContaining({ reference: 1, rows: 4, ids: 'all' }),
  ])
  const all = orphanTest(sets, plan.id, 1)!
  const cell = new Cell()
  expect(all([cell])).toBe(false)
  cell.setInteger(5)
  expect(all([cell])).toBe(true)
})

test('a reference whose parents are all there is looked up once, for planning and for the run', () => {
  const file = folder.make((db) => {
    db.exec(`create table p (id integer primary key); insert into p values (1), (2);
      create table c (id integer primary key, r references p); insert into c values (1, 1), (2, 2), (3, 1), (4, null)`)
  })
  const snapshots = [snapshotOf(file)]
  const queries = openSnapshotQueries(snapshots)
  const asked: string[] = []
  const counted = rememberAnswers({
    ...queries,
    rows: (databases, sql) => {
      asked.push(sql)
      return queries.rows(databases, sql)
    },
  })
  const [child, parent] = ['c', 'p'].map((name) => catalogTables(file).find((table) => table.name === name)!)
  const ofParent = { tableId: 'a.db/p', database: 'a.db', table: 'p', columns: ['id'] }
  const reference = { columns: ['r'], onOrphan: 'null-reference', target: 'r', originalIn: null } as const
  const plan = planOf([copyOf(child!, { references: [{ ...reference, parent: ofParent }] }), copyOf(parent!)])
  const question = missingParentSql({ table: 'c', columns: ['r'] }, ofParent, 0)
  expect(counted.rows(['a.db'], question)).toEqual([[0n]])
  expect(findOrphans(plan, snapshots, { censuses: [], queries: counted })).toEqual([])
  expect(asked).toEqual([question])
  queries.close()
})

test('what the census proves of references to a rowid is what a look at each finds', () => {
  const ids = fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 8 })
  const values = fc.array(fc.constantFrom('1', '2', '3', '4', '5', '8', '9', '5.5', "'5'", 'null'), {
    maxLength: 5,
  })
  fc.assert(
    fc.property(ids, values, fc.constantFrom('', 'integer', 'real'), (parents, children, type) => {
      const file = folder.make((db) => {
        db.exec(`create table p (id integer primary key); create table c (id integer primary key, r ${type})`)
        for (const id of parents) db.exec(`insert into p values (${id})`)
        for (const value of children) db.exec(`insert into c (r) values (${value})`)
      })
      const snapshots = [snapshotOf(file)]
      const queries = openSnapshotQueries(snapshots)
      const db = openReadOnly(file)
      const censuses = [takeCensus(db, readCatalog(db, 'a.db'))]
      db.close()
      const [child, parent] = ['c', 'p'].map(
        (name) => catalogTables(file).find((table) => table.name === name)!,
      )
      const reference = {
        columns: ['r'],
        parent: { tableId: 'a.db/p', database: 'a.db', table: 'p', columns: ['id'] },
        onOrphan: 'null-reference',
        target: 'r',
        originalIn: null,
      } as const
      const plan = planOf([copyOf(child!, { references: [reference] }), copyOf(parent!)])
      expect(findOrphans(plan, snapshots, { censuses, queries })).toEqual(findOrphans(plan, snapshots))
      queries.close()
    }),
    { numRuns: propertyRuns(200) },
  )
})
