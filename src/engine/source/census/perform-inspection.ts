/** Performs inspection tasks, one at a time. Invariant: it only reads and takes no locks, since snapshots are immutable. */
import { statSync } from 'node:fs'
import type { KeyBound, KeyRange } from '../../model/block.ts'
import type { CatalogTable } from '../../model/catalog.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { Workplace } from '../../threads/workplace.ts'
import { hashFile } from '../base/hash-file.ts'
import { findDamage } from '../base/integrity.ts'
import { OpenSnapshot } from '../base/open-snapshot.ts'
import { openReadOnly, type SqliteDatabase } from '../base/sqlite.ts'
import { translateSqliteError, unlessUnreadable } from '../base/sqlite-errors.ts'
import { countSoundTrees } from '../tree-check/tree-check.ts'
import { withJson } from './count-json.ts'
import type { CheckResult, InspectionResult, InspectionTask } from './inspection-task.ts'
import { countByPages, type RangeCount } from './page-census.ts'
import { countRewritten } from './rewritten-census.ts'

/** `onRead` receives the bytes counted since its last call. */
export async function openInspectionPlace(
  _workerData: null,
  onRead: (bytes: number) => void,
): Promise<Workplace<InspectionTask, InspectionResult>> {
  // The driver's default cache size, since pages are read more than once.
  const open = new OpenSnapshot((file) => openReadOnly(file, { immutable: true }))

  function check({ file, path }: Extract<InspectionTask, { kind: 'check' }>): CheckResult {
    try {
      const db = open.at(file)
      const rows = statSync(file).size < MANY_BYTES ? null : countSoundTrees(db, file)
      return { kind: 'check', damage: rows === null ? findDamage(db, MOST_DAMAGE) : [], rows }
    } catch (error) {
      throw translateSqliteError(error, path)
    }
  }

  return {
    async perform(task) {
      switch (task.kind) {
        case 'hash':
          return { kind: 'hash', sha256: await hashFile(task.file) }
        case 'check':
          return check(task)
        case 'rows':
          return { kind: 'rows', rows: unlessUnreadable(() => countRows(open.at(task.file), task.table)) }
        case 'count':
          return {
            kind: 'count',
            found: unlessUnreadable(() => countRange(open.at(task.file), task, onRead)),
          }
        default:
          return task satisfies never
      }
    },
    async close() {
      open.close()
    },
  }
}

/** Size of a database, in bytes, from which the compiled check is faster than SQLite's, its warm-up included. */
const MANY_BYTES = 32 << 20

/** Maximum number of sentences about damage. */
const MOST_DAMAGE = 20

/** Counts the table's rows, not an index's entries, since an index may be damaged. SQLite adds up the leaves' numbers of cells. */
function countRows(db: SqliteDatabase, table: string): number {
  return db
    .prepare(`select count(*) from main.${quoteSqlite(table)} not indexed`)
    .pluck()
    .get() as number
}

function countRange(
  db: SqliteDatabase,
  { file, table, columns, range }: Extract<InspectionTask, { kind: 'count' }>,
  onRead: (bytes: number) => void,
): RangeCount | null {
  const found = table.withoutRowid
    ? countRewritten(db, file, table, columns, onRead)
    : countByPages(file, table, columns, range, onRead)
  if (found === null) return null
  const from = `main.${quoteSqlite(table.name)} not indexed${rangeCondition(table, range)}`
  return { ...found, parts: withJson(db, from, found.parts, false) }
}

function rangeCondition({ key }: CatalogTable, { after, through }: KeyRange): string {
  const conditions: string[] = []
  const add = (operator: string, bound: KeyBound): void => {
    if (bound === null) return
    const [cell] = bound
    if (key.kind !== 'rowid' || cell === undefined || cell === null || !('integer' in cell))
      throw new Error('a range of a table without rowids')
    conditions.push(`${quoteSqlite(key.name)} ${operator} ${cell.integer}`)
  }
  add('>', after)
  add('<=', through)
  return conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
}
