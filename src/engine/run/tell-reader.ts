/** Tells, once a table, that the page reader met something that it does not know. */
import type { ReaderChange } from '../copy/task.ts'
import type { Stage } from './stage.ts'

export function readerTeller(stage: Stage): (change: ReaderChange) => void {
  const told = new Set<string>()
  return ({ tableId, reason }) => {
    if (told.has(tableId)) return
    told.add(tableId)
    stage.emit({
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
