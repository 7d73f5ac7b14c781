/** What happens to a table, in words of the glossary. Pure. */
import {
  findTargetTable,
  type Plan,
  type Prepared,
  ROWS_NOT_READABLE,
  type TablePlan,
} from '../../engine/door/index.ts'
import type { Word } from './glossary.ts'
import { targetNameOf } from './plan-names.ts'

/** The most important word first; never empty. */
export function wordsOf(table: TablePlan, plan: Plan): readonly Word[] {
  const { fate } = table
  switch (fate.kind) {
    case 'exclude':
      return ['left out']
    case 'fold':
      return ['folded']
    case 'copy': {
      const words: readonly (Word | null)[] = [
        fate.copy.pivot === null ? null : 'pivoted',
        fate.copy.among?.kind === 'origins' ? 'merged' : null,
        targetOf(table, plan)?.partitioning != null ? 'partitioned' : null,
        targetOf(table, plan)?.distribution === undefined ? null : 'distributed',
        isAmended(table, plan) ? 'amended' : null,
      ]
      const said = words.filter((word) => word !== null)
      return said.length === 0 ? ['as it is'] : said
    }
    default:
      return fate satisfies never
  }
}

/** Citus's distribution is chosen, not a change that the table needed. */
const isAmended = (table: TablePlan, plan: Plan): boolean =>
  plan.amendments.some(
    ({ code, table: name }) => code !== 'distribution' && name === targetNameOf(table, plan),
  )

const targetOf = ({ fate }: TablePlan, plan: Plan) =>
  fate.kind === 'copy' ? findTargetTable(plan, fate.copy.target) : undefined

/** Whether the table is in a damaged database and nothing of it could be read: it is empty, but not as it is. */
export function isUnreadable({ id }: TablePlan, { plan, lost }: Prepared): boolean {
  return (
    (plan.sourceRows[id] ?? 0) === 0 &&
    lost.some((finding) => finding.code === ROWS_NOT_READABLE && finding.tableId === id)
  )
}
