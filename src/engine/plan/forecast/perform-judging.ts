/** Performs judging tasks, one at a time. Invariant: it only reads snapshots; what the page reader cannot read, SQLite reads. */
import { copyPlanOf, type TablePlan, targetTableOf } from '../../model/plan.ts'
import { OpenSnapshot, openForRows } from '../../source/base/open-snapshot.ts'
import type { TableReader } from '../../source/base/reader.ts'
import { PageError } from '../../source/pages/page-error.ts'
import { openReader, readerFor } from '../../source/readers/readers.ts'
import { orphanTestsOf } from '../../source/staging/orphans.ts'
import type { Workplace } from '../../threads/workplace.ts'
import { type JudgedTable, judgeRows } from './judge-rows.ts'
import { judgedPlan } from './judged-plan.ts'
import type { JudgeResult, JudgeSetup, JudgeTask } from './task.ts'

type OpenTable = {
  readonly id: string
  readonly judged: JudgedTable
  readonly reader: TableReader
}

export async function openJudgingPlace(setup: JudgeSetup): Promise<Workplace<JudgeTask, JudgeResult>> {
  const snapshot = new OpenSnapshot(openForRows)
  let open: OpenTable | null = null

  /** Returns the part of the table to judge, which stays open until another one is requested. */
  function openTable({ block, columns, watch }: JudgeTask, wanted: TableReader['name'] | null): OpenTable {
    const watched = [...watch.keys, ...watch.naming.map((one) => one.columns)].flat()
    const id = JSON.stringify([block.tableId, columns, watched])
    if (open?.id === id && (wanted === null || open.reader.name === wanted)) return open
    close()
    const table = setup.plan.tables.find((one) => one.id === block.tableId)!
    const copy = copyPlanOf(table)
    const judged = judgedPlan(
      copy,
      targetTableOf(setup.plan, copy.target),
      orphanTestsOf(setup.orphans, table),
      new Set(columns),
      watched,
    )
    const read: TablePlan = { ...table, fate: { kind: 'copy', copy: judged.copy } }
    const name = wanted ?? readerFor(judged.copy, 'copy')
    const reader = openReader(name, read, judged.copy, setup.snapshots, setup.staging, {
      largestRow: setup.largestRows[table.id],
      shared: snapshot,
      showsLong: true,
    })
    open = { id, judged, reader }
    return open
  }

  function close(): void {
    open?.reader.close()
    open = null
  }

  function judge(task: JudgeTask, wanted: TableReader['name'] | null): JudgeResult {
    const { judged, reader } = openTable(task, wanted)
    return judgeRows(judged, reader, task.block, task.watch)
  }

  return {
    async perform(task) {
      try {
        return judge(task, null)
      } catch (error) {
        if (!(error instanceof PageError)) throw error
        return judge(task, 'sqlite')
      }
    },
    async close() {
      close()
      snapshot.close()
    },
  }
}
