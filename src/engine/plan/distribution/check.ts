/**
 * Finds what Citus would refuse in a plan, before anything is written. Invariant: every finding names the table and a change that lets
 * Citus distribute it.
 */
import type { Finding } from '../../model/finding.ts'
import { formatCounted } from '../../model/format-count.ts'
import type { TargetProbe } from '../../model/target-probe.ts'
import {
  type Distribution,
  isSameTable,
  type TargetForeignKey,
  type TargetTable,
} from '../../model/target-schema.ts'
import { refusalOfCitus } from '../../target/extensions/citus.ts'
import { hasHash, liesBeside, nameOf, refusedAction, uniqueKeysOf } from './table-facts.ts'

type Checked = {
  readonly tables: readonly TargetTable[]
  readonly probe: TargetProbe | null
  /** Returns the number of nulls that the copy would write into a column. */
  readonly nullsOf: (table: TargetTable, column: string) => number
}

/** Returns a clause that says why the server cannot distribute tables; null when it can. */
export function refusalOfServer(probe: TargetProbe | null): string | null {
  return probe === null ? 'the plan was made without a server' : refusalOfCitus(probe.citus ?? null)
}

export function checkDistribution(checked: Checked): readonly Finding[] {
  return checked.tables.flatMap((table) => {
    const { distribution } = table
    return distribution === undefined
      ? checkReferences(checked, table)
      : [
          ...checkHypertable(table),
          ...checkKind(checked, table, distribution),
          ...checkReferences(checked, table),
        ]
  })
}

function checkHypertable(table: TargetTable): readonly Finding[] {
  if (table.hypertable === undefined) return []
  return [
    refused(
      table,
      'is a hypertable of TimescaleDB, which keeps its chunks on one server',
      'Use native partitions, which Citus spreads: --timeseries native.',
    ),
  ]
}

function checkKind(checked: Checked, table: TargetTable, distribution: Distribution): readonly Finding[] {
  switch (distribution.kind) {
    case 'column':
      return checkColumn(checked, table, distribution.column)
    case 'reference':
      return table.partitioning === null
        ? []
        : [
            refused(
              table,
              'is partitioned, and Citus has no partitioned reference tables',
              'Spread it by a column: distribute: {column: NAME}.',
            ),
          ]
    case 'schema':
      return checkSchema(checked, table)
    default:
      return distribution satisfies never
  }
}

function checkColumn({ nullsOf }: Checked, table: TargetTable, name: string): readonly Finding[] {
  const column = table.columns.find((one) => one.name === name)
  if (column === undefined) {
    const names = table.columns.map((one) => one.name).join(', ')
    return [refused(table, `has no column ${name} to be spread by`, `Its columns are ${names}.`)]
  }
  const otherColumn = 'Name another column, or make it a reference table: distribute: reference.'
  const findings: Finding[] = []
  if (column.generated !== null)
    findings.push(
      refused(table, `cannot be spread by ${name}, which is computed from other columns`, otherColumn),
    )
  if (!hasHash(column.type))
    findings.push(refused(table, `cannot be spread by ${name}: ${column.type} has no hash`, otherColumn))
  const nulls = nullsOf(table, name)
  if (nulls > 0)
    findings.push(
      refused(
        table,
        `cannot be spread by ${name}, which is null in ${formatCounted(nulls, 'row')}: a row without it belongs to no shard`,
        otherColumn,
      ),
    )
  for (const { described, columns } of uniqueKeysOf(table)) {
    if (columns.includes(name)) continue
    const wider =
      columns.length === 0 ? '' : `widen the key to (${[...columns, name].join(', ')}) in a mapping file, `
    findings.push(
      refused(
        table,
        `cannot be spread by ${name}: ${described} does not hold it, and Citus sees to a key on each shard alone`,
        `Make it a reference table (distribute: reference), ${wider}or name a column that every key holds.`,
      ),
    )
  }
  return findings
}

function checkSchema({ tables, probe }: Checked, table: TargetTable): readonly Finding[] {
  if (table.schema === 'public')
    return [
      refused(
        table,
        'is in the schema public, which Citus does not distribute',
        'Put it into a schema of its own: target: schema.table, or --schema NAME.',
      ),
    ]
  const other = tables.find((one) => one.schema === table.schema && one.distribution?.kind !== 'schema')
  const existing = probe?.existing.find(({ schema }) => schema === table.schema)
  const odd = other ?? existing
  return odd === undefined
    ? []
    : [
        refused(
          table,
          `cannot be kept with its schema: ${nameOf(odd)} is ${other === undefined ? 'there already' : 'to be kept otherwise'}, and a schema is distributed as a whole`,
          'Give all tables of the schema distribute: schema, or none.',
        ),
      ]
}

function checkReferences({ tables }: Checked, table: TargetTable): readonly Finding[] {
  return table.foreignKeys.flatMap((key) => {
    const parent = tables.find((one) => isSameTable(one, key.references))
    if (parent === undefined) return []
    const refusal = refusalOfKey(table, key, parent)
    return refusal === null ? [] : [refused(table, refusal.what, refusal.instead)]
  })
}

function refusalOfKey(
  child: TargetTable,
  key: TargetForeignKey,
  parent: TargetTable,
): { readonly what: string; readonly instead: string } | null {
  const own = child.distribution
  const other = parent.distribution
  const reference = `refers to ${nameOf(parent)} by (${key.columns.join(', ')})`
  const action = own?.kind === 'column' && key.columns.includes(own.column) ? refusedAction(key) : null
  if (action !== null)
    return {
      what: `${reference} ${action}, which would change the column that it is spread by`,
      instead: 'Spread it by another column, or make it a reference table: distribute: reference.',
    }
  if (other === undefined || other.kind === 'reference') {
    // Citus manages a local table of the coordinator when a reference table, or another local table, references it.
    if (other !== undefined || own === undefined || own.kind === 'reference') return null
    return {
      what: `${reference}, which stays on the coordinator alone`,
      instead: `Make ${nameOf(parent)} a reference table: distribute: reference.`,
    }
  }
  if (other.kind === 'schema') {
    if (own?.kind === 'schema' && child.schema === parent.schema) return null
    return {
      what: `${reference}, which is kept with its schema: only tables of the same schema can refer to it`,
      instead: `Make ${nameOf(parent)} a reference table in a schema that is not distributed.`,
    }
  }
  if (own?.kind === 'column' && liesBeside(child, own.column, key, parent, other.column)) return null
  return {
    what: `${reference}, which is spread by ${other.column}: a reference must hold the columns that spread both tables, of one type`,
    instead: `Make ${nameOf(parent)} a reference table (distribute: reference), or spread both by columns that the reference pairs.`,
  }
}

function refused(table: TargetTable, what: string, instead: string): Finding {
  return {
    severity: 'error',
    code: 'not-distributable',
    message: `${nameOf(table)} ${what}.`,
    hint: instead,
  }
}
