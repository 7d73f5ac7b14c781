/**
 * The calls that make Citus distribute empty tables. Invariant: reference tables come first, and the first table of a co-located group
 * before the others.
 */
import type { TableName, TargetTable } from '../../model/target-schema.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../../syntax/postgres-names.ts'

type DistributionCall = { readonly table: TableName; readonly lines: readonly string[] }

export function distributionCalls(tables: readonly TargetTable[]): readonly DistributionCall[] {
  const calls = tables.flatMap((table) => {
    const call = callOf(table)
    return call === null ? [] : [call]
  })
  const schemas = new Map(
    tables
      .filter(({ distribution }) => distribution?.kind === 'schema')
      .map((table) => [table.schema, table]),
  )
  return [
    ...calls.toSorted((a, b) => a.turn - b.turn),
    ...Array.from(schemas, ([schema, table]) => ({
      table,
      lines: [
        'select pg_catalog.citus_schema_distribute(',
        `  ${quoteLiteral(quoteIdentifier(schema))}`,
        ')',
      ],
    })),
  ]
}

function callOf(table: TargetTable): (DistributionCall & { readonly turn: number }) | null {
  const { distribution } = table
  const name = quoteLiteral(quoteTable(table))
  if (distribution === undefined || distribution.kind === 'schema') return null
  if (distribution.kind === 'reference')
    return { table, turn: 0, lines: ['select pg_catalog.create_reference_table(', `  ${name}`, ')'] }
  const { column, with: beside } = distribution
  return {
    table,
    turn: beside === undefined ? 1 : 2,
    lines: [
      'select pg_catalog.create_distributed_table(',
      `  ${name},`,
      `  ${quoteLiteral(column)},`,
      `  colocate_with => ${quoteLiteral(beside === undefined ? 'none' : quoteTable(beside))}`,
      ')',
    ],
  }
}
