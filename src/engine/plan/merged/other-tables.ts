/**
 * Plans tables that the mapping doesn't know by the automatic mapping: into its schema for other tables when the mapping knows their file,
 * else into a schema named after the file. Invariant: no relation gets a name that is taken in its schema.
 */
import type { TablePlan } from '../../model/plan.ts'
import type { TargetTable } from '../../model/target-schema.ts'
import { resolveSchemaNames } from '../../syntax/target-names.ts'
import { planAutomatically } from '../automatic/auto.ts'
import { type Draft, finishTable } from '../base/designed-tables.ts'
import type { OtherTable, Planning } from '../base/planning.ts'
import { relationsOf } from '../ddl/ddl.ts'
import { fileName } from '../mapped/assign-tables.ts'
import { planMerged } from './merge-databases.ts'

type OtherPlans = {
  readonly tables: readonly TablePlan[]
  readonly schemas: readonly string[]
  readonly targets: readonly TargetTable[]
}

export function planOtherTables(
  planning: Planning,
  roles: ReadonlyMap<string, string | null>,
  others: readonly OtherTable[],
): OtherPlans {
  const { catalogs, censuses, mapping, options, queries, notes } = planning
  const schemas = schemasOf(planning, roles)
  const relations = new Map<string, string[]>()
  const remember = (target: TargetTable): void => {
    const names = relations.get(target.schema)
    if (names === undefined) relations.set(target.schema, [...relationsOf(target)])
    else names.push(...relationsOf(target))
  }
  for (const draft of planning.drafts.values()) remember(finishTable(draft))
  if (options.into !== undefined) {
    const schema = options.schema ?? 'public'
    const merged = planMerged(planning, others, { schema, takenNames: relations.get(schema) ?? [] })
    notes.addFindings(merged.findings)
    return { tables: merged.tables, schemas: [schema], targets: merged.targetTables }
  }

  const tables: TablePlan[] = []
  const targets: TargetTable[] = []
  const used: string[] = []
  for (const catalog of catalogs) {
    const { database } = catalog
    const census = censuses.get(database)
    const own = new Set(others.filter((other) => other.database === database).map(({ table }) => table))
    if (own.size === 0 || census === undefined) continue
    const schema = schemas.get(database)!
    const planned = planAutomatically({
      ...planning,
      catalog,
      census,
      schema,
      without: catalog.tables.map(({ name }) => name).filter((name) => !own.has(name)),
      takenNames: relations.get(schema) ?? [],
      query: (sql) => [queries.rows([database], sql)],
      iterate: (sql) => [queries.iterate([database], sql)],
    })
    tables.push(...planned.tables)
    targets.push(...planned.targetTables)
    if (planned.targetTables.length > 0) used.push(schema)
    planned.targetTables.forEach(remember)
    notes.addFindings(planned.findings)
    if (Object.keys(mapping.databases).length > 0) reportUnknown(notes, database, planned.tables)
  }
  return { tables, schemas: [...new Set(used)], targets }
}

/** Reports all tables of a database that the mapping does not name in one notice. */
function reportUnknown(notes: Planning['notes'], database: string, planned: readonly TablePlan[]): void {
  const places = planned.flatMap(({ table, fate }) =>
    fate.kind === 'copy' ? [{ table, target: `${fate.copy.target.schema}.${fate.copy.target.table}` }] : [],
  )
  const [first] = places
  if (first === undefined) return
  const isOne = places.length === 1
  notes.find({
    severity: 'notice',
    code: 'table-not-in-mapping',
    message: isOne
      ? `The mapping does not name ${first.table} of ${database}: it becomes ${first.target}.`
      : `The mapping does not name ${places.length} tables of ${database}: each becomes one of its own, such as ${first.target}.`,
    database,
    ...(isOne ? { table: first.table } : {}),
    count: places.length,
    samples: places.slice(0, 5).map(({ table, target }) => ({ key: table, value: target })),
  })
}

/** Returns a schema for each database: that of other tables when the mapping knows the file, else one named after the file. */
function schemasOf(
  planning: Planning,
  roles: ReadonlyMap<string, string | null>,
): ReadonlyMap<string, string> {
  const { mapping, options, catalogs } = planning
  const unknown = catalogs.map(({ database }) => database).filter((database) => roles.get(database) == null)
  const taken = [...Object.keys(mapping.schemas), ...designedSchemas(planning), mapping.otherTables]
  const named = resolveSchemaNames(unknown.map(uniqueFileName(unknown)), taken)
  return new Map(
    catalogs.map(({ database }) => {
      if (options.schema !== null) return [database, options.schema]
      if (catalogs.length === 1 && Object.keys(mapping.databases).length === 0) return [database, 'public']
      const isKnown = roles.get(database) != null
      return [database, isKnown ? mapping.otherTables : named.get(uniqueFileName(unknown)(database))!]
    }),
  )
}

function designedSchemas({ drafts }: Planning): readonly string[] {
  return [...drafts.values()].map(({ schema }: Draft) => schema)
}

/** The file's name where no other file has it, else the database's whole name. */
function uniqueFileName(databases: readonly string[]): (database: string) => string {
  return (database) => {
    const name = fileName(database)
    return databases.filter((other) => fileName(other) === name).length > 1 ? database : name
  }
}
