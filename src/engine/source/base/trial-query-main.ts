/** The process of trials: runs a query of a file to its end, and says how it went. Invariant: it opens the file read-only. */
import { watchProcess } from '../../threads/watch-process.ts'
import { OpenSnapshot } from './open-snapshot.ts'
import { openReadOnly } from './sqlite.ts'
import type { Trial, TrialRequest } from './trial-query.ts'

watchProcess()

process.on('message', (request: TrialRequest) => {
  process.send!(run(request))
})

const open = new OpenSnapshot((file) => openReadOnly(file, { immutable: true }))

function run({ file, sql, parameters = [] }: TrialRequest): Trial {
  try {
    const query = open.at(file).prepare<unknown[]>(sql).raw()
    for (const _row of query.iterate(...parameters));
    return { kind: 'ended' }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}
