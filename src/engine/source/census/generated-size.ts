/**
 * Refuses generated columns whose values are out of all proportion to the file. Invariant: a computed value of a column that passes is no
 * larger than twice the file or 16 MiB.
 */
import type { Catalog } from '../../model/catalog.ts'
import { MigrateError } from '../../model/errors.ts'
import { formatCount } from '../../model/format-count.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'

/** Functions whose result may be longer than their arguments. */
const GROWS = /\b(zeroblob|randomblob|printf|format|replace)\s*\(/i

/** Size of a value, in bytes, that is allowed in any file. */
const ALWAYS_BYTES = 16 << 20

/** Throws MigrateError `generated-too-large`. Calls `onColumn` before each column is checked. Skips tables without a function of GROWS. */
export function refuseInflatedColumns(
  db: SqliteDatabase,
  { database, tables, objects }: Catalog,
  { path, bytes }: Pick<Snapshot, 'path' | 'bytes'>,
  onColumn: (name: string) => void,
): void {
  const most = Math.max(ALWAYS_BYTES, 2 * bytes)
  for (const table of tables) {
    if (!table.columns.some(({ generated }) => generated === 'virtual')) continue
    const sql = objects.find(({ type, name }) => type === 'table' && name === table.name)?.sql ?? ''
    if (!GROWS.test(sql)) continue
    for (const { name, generated } of table.columns) {
      // Stored values are in the file, and so no larger than it.
      if (generated !== 'virtual') continue
      onColumn(`${table.name}.${name}`)
      const column = quoteSqlite(name)
      const size = db
        .prepare(
          `select length(cast(${column} as blob)) from ${quoteSqlite(table.name)} where length(cast(${column} as blob)) > ? limit 1`,
        )
        .pluck()
        .get(most) as number | undefined
      if (size === undefined) continue
      throw new MigrateError(
        'source',
        'generated-too-large',
        `${path} computes a value of ${formatCount(Math.ceil(size / 1_000_000))} MB for ${table.name}.${name}, and is itself ${formatCount(Math.ceil(bytes / 1_000_000))} MB large.`,
        {
          hint: `A file that does this is not to be trusted. To move the rest of ${database}, drop the column in a copy of the file: alter table … drop column ….`,
        },
      )
    }
  }
}
