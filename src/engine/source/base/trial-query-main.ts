/**
 * The process for trial queries: runs a query on a file to its end and reports the outcome. Invariant: it opens the file read-only, unless
 * it is a copy of our own, on which changes are rolled back.
 */
import { watchProcess } from '../../threads/watch-process.ts'
import { OpenSnapshot } from './open-snapshot.ts'
import { openReadOnly, openWritable } from './sqlite.ts'
import type { Trial, TrialRequest } from './trial-query.ts'

watchProcess()

process.on('message', (request: TrialRequest) => {
  process.send!(run(request))
})

const open = new OpenSnapshot((file) => openReadOnly(file, { immutable: true }))

const copy = new OpenSnapshot((file) => openWritable(file))

function run(request: TrialRequest): Trial {
  return request.isCopy === true ? runOnCopy(request) : runOnSnapshot(request)
}

function runOnCopy({ file, sql, parameters = [] }: TrialRequest): Trial {
  const db = copy.at(file)
  try {
    db.exec('begin')
    const statement = db.prepare<unknown[]>(sql)
    if (statement.reader) for (const _row of statement.iterate(...parameters));
    else statement.run(...parameters)
    return { kind: 'ended' }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  } finally {
    if (db.inTransaction) db.exec('rollback')
  }
}

function runOnSnapshot({ file, sql, parameters = [] }: TrialRequest): Trial {
  try {
    const query = open.at(file).prepare<unknown[]>(sql).raw()
    for (const _row of query.iterate(...parameters));
    return { kind: 'ended' }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}
