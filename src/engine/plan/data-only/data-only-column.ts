/** How one column that an application created is filled: the conversion to its type, and findings about values that do not fit. */
import type { Conversion } from '../../model/conversion.ts'
import type { ColumnPlan, PlanOptions } from '../../model/plan.ts'
import type { ServerPlace } from '../../model/server-column.ts'
import type { TargetColumn, TargetTable } from '../../model/target-schema.ts'
import { epochFinding } from '../base/epoch-finding.ts'
import type { Report } from '../base/findings.ts'
import { fitSource } from '../base/fit.ts'
import { momentFinding } from '../base/moment-finding.ts'
import { notJsonFinding } from '../base/not-json-finding.ts'
import { columnCensus, type SourceTable, sourceColumn, valuesOf } from '../base/planning.ts'
import type { PlanInput } from '../build/build-plan.ts'
import { holdsOtherArrays } from '../evidence/questions.ts'
import { applicationConversion, serverConversion, writtenType } from './application-types.ts'

export type DataOnlyInput = Omit<PlanInput, 'mapping' | 'roles'>

/** A source table, the table that it fills, and where findings about the two go. */
export type Filling = SourceTable & {
  readonly planning: DataOnlyInput
  readonly target: TargetTable
  readonly report: Report
}

/** Returns `applicationConversion` for the source column `name`. */
export function knownConversion(
  filling: Filling,
  column: TargetColumn,
  name: string,
): ReturnType<typeof applicationConversion> {
  const { options } = filling.planning
  const census = columnCensus(filling.census, name)
  const counted = { column: sourceColumn(filling, name), census, options }
  return applicationConversion(column, { ...counted, sample: null, evidence: null })
}

/** Returns the plan of a column; when its type can't be written, reports an error, and `from` is `nothing`. */
export function fillColumn(filling: Filling, column: TargetColumn, name: string): ColumnPlan {
  const { planning, database, table, target, tableId, report } = filling
  const { options } = planning
  const values = columnCensus(filling.census, name)
  const stored = valuesOf(filling, name)
  const known = knownConversion(filling, column, name)
  const isArray = known !== null && known !== 'ordinary' && known.kind === 'array'
  const needsServer = known === null || (isArray && holdsOtherArrays(stored))
  const place = { database, table: table.name, column: name, type: column.type }
  if (needsServer) planning.onServerColumn?.(place)
  const asked = needsServer ? planning.serverValues?.find((one) => isSamePlace(one, place)) : undefined
  const special = serverConversion(asked, values) ?? known
  const hasUnknownUnit =
    special !== null && special !== 'ordinary' && special.kind === 'interval' && special.unit === null
  if (special === null || (hasUnknownUnit && values.integers + values.reals > 0)) {
    report({
      severity: 'error',
      code: 'type-not-written',
      message: hasUnknownUnit
        ? `${target.schema}.${target.table}.${column.name} is ${column.type}, and ${table.name}.${name} holds numbers: nothing says what they count.`
        : `${target.schema}.${target.table}.${column.name} is ${column.type}, a type that gpt-migrate does not write${asked?.why == null ? '' : `: ${asked.why}`}.`,
      hint: `Change the type of the column (alter table … alter column … type text), or leave the table out: --exclude ${JSON.stringify(tableId)}.`,
      column: name,
    })
    return { target: column.name, from: { kind: 'nothing' } }
  }
  const fit =
    special === 'ordinary'
      ? fitSource(filling, name, writtenType(column), { onOverflow: 'quarantine' })
      : { conversion: special, refused: asked?.refused ?? 0, overflow: null, epoch: null }
  const where = { tableId, table: table.name, column: name, target: `${target.table}.${column.name}` }
  const conversion = inApplication(fit.conversion, options)
  const epoch = epochFinding(fit.epoch, where, 'error')
  const notJson = notJsonFinding(stored, conversion, { ...where, census: values })
  for (const found of [epoch, notJson, momentFinding(conversion, values, where, options)])
    if (found !== null) report(found)
  const refused = fit.refused + (column.nullable || column.generated !== null ? 0 : values.nulls)
  if (epoch?.severity !== 'error' && (refused > 0 || fit.overflow !== null)) {
    const what = fit.overflow?.what ?? `${refused} values`
    report({
      severity: 'warning',
      code: 'values-refused',
      message: `${table.name}.${name} holds ${what} that ${target.table}.${column.name} (${column.type}${column.nullable ? '' : ', not null'}) does not take; those rows go to quarantine.`,
      column: name,
      count: refused,
    })
  }
  return { target: column.name, from: { kind: 'column', column: name, conversion } }
}

function isSamePlace(one: ServerPlace, other: ServerPlace): boolean {
  return (
    one.database === other.database &&
    one.table === other.table &&
    one.column === other.column &&
    one.type === other.type
  )
}

/** The application parses its JSON, so that other text goes to quarantine, unless the user wants JSON strings. */
function inApplication(conversion: Conversion, { jsonText }: PlanOptions): Conversion {
  if (conversion.kind !== 'json' || jsonText === 'string') return conversion
  return { ...conversion, text: 'only-documents' }
}
