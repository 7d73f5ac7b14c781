/** Table names as the lists show them, and how much of a plan is moved. Pure. */
import type { Plan, TablePlan } from '../../engine/door/index.ts'

/** Where a table goes: its target table, the column that it is folded into, or `left out`. */
export function targetNameOf(table: TablePlan, plan: Plan): string {
  const { fate } = table
  switch (fate.kind) {
    case 'copy':
      return `${fate.copy.target.schema}.${fate.copy.target.table}`
    case 'fold': {
      const parent = plan.tables.find(({ id }) => id === fate.into)
      const into = parent?.fate.kind === 'copy' ? parent.fate.copy.target.table : fate.into
      return `${into}.${fate.column}`
    }
    case 'exclude':
      return 'left out'
    default:
      return fate satisfies never
  }
}

export function sourceNameOf({ database, table }: Pick<TablePlan, 'database' | 'table'>): string {
  return `${database.replace(/\.(db|sqlite3?|db3)$/i, '')}.${table}`
}

type Moved = {
  readonly tables: number
  readonly rows: number
  readonly databases: number
  readonly bytes: number
}

/** What remains to move after the exclusions. */
export function movedOf(plan: Plan): Moved {
  const moved = plan.tables.filter(({ fate }) => fate.kind !== 'exclude')
  const databases = new Set(moved.map(({ database }) => database))
  const sources = plan.sources.filter(({ database }) => databases.has(database))
  return {
    tables: moved.length,
    rows: moved.reduce((total, { id }) => total + (plan.sourceRows[id] ?? 0), 0),
    databases: sources.length,
    bytes: sources.reduce((total, { bytes }) => total + bytes, 0),
  }
}
