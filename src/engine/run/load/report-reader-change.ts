/** Reports, once a table, that the page reader met something that it does not support. */

import type { RunContext } from '../../events/run-context.ts'
import type { ReaderChange } from '../../workers/task.ts'

export function readerChangeReporter(context: RunContext): (change: ReaderChange) => void {
  const reported = new Set<string>()
  return ({ tableId, reason }) => {
    if (reported.has(tableId)) return
    reported.add(tableId)
    context.emit({
      type: 'finding',
      finding: {
        severity: 'notice',
        code: 'reader-changed',
        tableId,
        message: `${tableId} is read through SQLite: ${reason}.`,
      },
    })
  }
}
