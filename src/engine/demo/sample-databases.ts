/**
 * The six databases of a trading bot after a few busy months, as its Python code would have written them: ISO times, REAL prices, JSON in
 * TEXT, one feature per row. Invariant: equal `rows` and `seed` produce equal contents.
 */
import { join } from 'node:path'
import { makeOwnFolder, refuseForeignFolder } from '../own-files/ours.ts'
import { openWritable } from '../source/base/sqlite.ts'
import { writers } from './sample-rows.ts'
import { sampleSchemas } from './sample-schemas.ts'
import { makeWorld, type SampleOptions } from './sample-world.ts'

/** Writes the files and returns their paths. Makes the folder if it is missing; throws if files of the same names exist. */
export function createSampleDatabases(options: SampleOptions): string[] {
  refuseForeignFolder(options.folder, 'demo')
  makeOwnFolder(options.folder, 'demo', 0o755)
  const world = makeWorld(options)
  let rows = 0
  const count = (): void => {
    if (++rows % REPORT_EVERY_ROWS === 0) options.onProgress?.(rows)
  }
  return Object.entries(sampleSchemas).map(([name, schema]) => {
    const path = join(options.folder, name)
    const db = openWritable(path)
    try {
      db.pragma('journal_mode = wal')
      db.exec(schema)
      db.transaction(() => writers[name as keyof typeof sampleSchemas]({ db, count }, world))()
    } finally {
      db.close()
    }
    return path
  })
}

const REPORT_EVERY_ROWS = 5_000
