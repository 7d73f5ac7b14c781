/** Reports, once for each table, that the page reader met something unsupported and SQLite reads the rest. */

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
