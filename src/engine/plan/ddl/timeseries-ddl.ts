/**
 * Columnstore and retention of hypertables as SQL for the extension's version. Invariant: none of it is part of the DDL before or after
 * the load: it runs once every value is verified.
 */
import type { Hypertable, TableName, TargetSchema, TargetTable } from '../../model/target-schema.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../../syntax/postgres-names.ts'
import { isAtLeast } from '../../target/extensions/extension-version.ts'
import { withoutOrder } from '../mapped/hypertables.ts'

/** From this version on, the columnstore has procedures; before, it was called compression and had functions. */
const COLUMNSTORE = [2, 18] as const

/** Before this version, the columns of foreign keys had to be segmentby columns. */
const FREE_REFERENCES = [2, 16] as const

export type HypertablePlan = TargetTable & { readonly hypertable: Hypertable }

/** Returns the hypertables that have a columnstore or a retention. */
export function keptTables({ tables }: TargetSchema): readonly HypertablePlan[] {
  return tables.filter(
    (table): table is HypertablePlan =>
      table.hypertable !== undefined &&
      (table.hypertable.columnstore !== undefined || table.hypertable.retention !== undefined),
  )
}

/** Returns SQL that enables the table's columnstore but converts no chunk; null when the plan has none. */
export function enableColumnstore(table: HypertablePlan, version: string): string | null {
  const { columnstore } = table.hypertable
  if (columnstore === undefined) return null
  const isNew = isAtLeast(version, COLUMNSTORE)
  const [enable, prefix] = isNew
    ? ['timescaledb.enable_columnstore', 'timescaledb.']
    : ['timescaledb.compress', 'timescaledb.compress_']
  const referring = isAtLeast(version, FREE_REFERENCES)
    ? []
    : table.foreignKeys.flatMap(({ columns }) => columns)
  const segmenting = [...new Set([...columnstore.segmentby, ...referring])]
  const segmentby = segmenting.map(quoteIdentifier).join(', ')
  const orderby = columnstore.orderby
    .filter((part) => !segmenting.includes(withoutOrder(part)))
    .map((part) => `${quoteIdentifier(withoutOrder(part))}${/ desc$/i.test(part) ? ' desc' : ''}`)
    .join(', ')
  return [
    `alter table ${quoteTable(table)}`,
    `  set (${enable},`,
    `    ${prefix}segmentby = ${quoteLiteral(segmentby)},`,
    `    ${prefix}orderby = ${quoteLiteral(orderby)})`,
  ].join('\n')
}

/** Returns SQL that moves a chunk into the columnstore. */
export function convertChunk({ hypertable }: HypertablePlan, chunk: TableName, version: string): string {
  const schema = quoteIdentifier(hypertable.extensionSchema)
  const name = `${quoteLiteral(quoteTable(chunk))}::regclass`
  return isAtLeast(version, COLUMNSTORE)
    ? `call ${schema}.convert_to_columnstore(${name})`
    : `select ${schema}.compress_chunk(${name})`
}

/** Returns SQL that adds the table's policies, which TimescaleDB's background workers apply from then on. */
export function addPolicies(table: HypertablePlan, version: string): readonly string[] {
  const { columnstore, retention, extensionSchema } = table.hypertable
  const schema = quoteIdentifier(extensionSchema)
  const name = `${quoteLiteral(quoteTable(table))}::regclass`
  const interval = (text: string): string => `interval ${quoteLiteral(text)}`
  return [
    ...(columnstore === undefined
      ? []
      : [
          isAtLeast(version, COLUMNSTORE)
            ? `call ${schema}.add_columnstore_policy(${name}, after => ${interval(columnstore.after)}, if_not_exists => true)`
            : `select ${schema}.add_compression_policy(${name}, compress_after => ${interval(columnstore.after)}, if_not_exists => true)`,
        ]),
    ...(retention === undefined
      ? []
      : [
          `select ${schema}.add_retention_policy(${name}, drop_after => ${interval(retention)}, initial_start => now() + interval '1 day', if_not_exists => true)`,
        ]),
  ]
}

/** Returns all of these statements, except conversions of chunks, as a script to read. */
export function renderTimeseries(schema: TargetSchema, version: string): string {
  const statements = keptTables(schema).flatMap((table) => {
    const enable = enableColumnstore(table, version)
    return [...(enable === null ? [] : [enable]), ...addPolicies(table, version)]
  })
  if (statements.length === 0) return ''
  return `\n-- After the verification; chunks that are old enough are then converted one by one, and verified again\n\n${statements.map((sql) => `${sql};\n`).join('\n')}`
}
