/** Returns the statements that create one table of the target, as a script. */
import type { Plan } from '../../model/plan.ts'
import { isSameTable, type TableName } from '../../model/target-schema.ts'
import { renderSql, writeDdl } from '../../plan/ddl/ddl.ts'

/** Selected from the DDL of the whole schema, so that names resolved against other tables are those of the run. */
export function tableDdl(request: {
  readonly plan: Plan
  readonly table: TableName
  readonly serverMajor: number
}): string {
  const { plan, table, serverMajor } = request
  const isOfTable = (statement: { readonly table: TableName | null }): boolean =>
    statement.table !== null && isSameTable(statement.table, table)
  const { beforeLoad, afterLoad } = writeDdl(plan.schema, serverMajor)
  return renderSql({ beforeLoad: beforeLoad.filter(isOfTable), afterLoad: afterLoad.filter(isOfTable) })
}
