/** The process of a trial: runs one query of one file to its end, and says how it went. Invariant: it opens the file read-only. */
import { watchProcess } from '../../threads/watch-process.ts'
import { openReadOnly } from './sqlite.ts'
import type { Trial, TrialRequest } from './trial-query.ts'

watchProcess()

process.on('message', ({ file, sql }: TrialRequest) => {
  process.send!(run(file, sql))
})

function run(file: string, sql: string): Trial {
  try {
    const db = openReadOnly(file, { immutable: true })
    for (const _row of db.prepare(sql).raw().iterate());
    return { kind: 'ended' }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}
