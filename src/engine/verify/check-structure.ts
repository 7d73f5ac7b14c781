/**
 * Whether the target's structure is as planned: columns, keys, foreign keys, indexes, partitions, sequences, extensions. Invariant: what
 * could not be read is a failed check.
 */

import type { Plan } from '../model/plan.ts'
import type { VerifyCheck } from '../model/report.ts'
import type { Distribution, TargetForeignKey, TargetTable } from '../model/target-schema.ts'
import { partitionNames } from '../model/target-schema.ts'
import { describeDistribution } from '../plan/distribution/distribute.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { readDistribution } from '../target/extensions/citus.ts'
import { readHeld } from '../target/guards/foreign-names.ts'
import { readMonthPartitions } from '../target/tables/month-partitions.ts'
import { findWaiting } from '../target/tables/quarantined-parents.ts'
import { attemptCheck, type Complaints, unlessFailed } from './attempt-check.ts'
import { checkSequence, findContinuing } from './check-sequence.ts'
import { type ForeignKeyRow, type ForeignKeys, readForeignKeys } from './foreign-keys.ts'
import { shapeComplaints } from './shape-complaints.ts'
import { readShapePair, readShapePairs, type ShapePair } from './shape-pairs.ts'

type Subject = { readonly run: string; readonly plan: Plan }

/**
 * Returns the checks of every table in the plan, then those of the database. `shapes`: those of the created tables, when another session has read
 * them.
 */
export async function checkStructure(
  connection: Connection,
  subject: Subject,
  shapes: Facts['shapes'] | null = null,
): Promise<readonly VerifyCheck[]> {
  const checks: VerifyCheck[] = []
  const { tables, extensions } = subject.plan.schema
  const created = tables.filter(({ existing }) => !existing)
  const facts: Facts = {
    shapes: shapes ?? (await readShapePairs(connection, created)),
    foreignKeys: await unlessFailed(connection, () => readForeignKeys(connection, created)),
    continuing: await findContinuing(connection, tables),
  }
  for (const table of tables) checks.push(...(await checkTable(connection, subject, facts, table)))
  if (extensions.length > 0) checks.push(await checkExtensions(connection, extensions))
  return checks
}

/** What was read of all tables at once; what is missing here is read for each table. */
type Facts = {
  readonly shapes: ReadonlyMap<TargetTable, ShapePair>
  readonly foreignKeys: ForeignKeys | null
  /** Tables whose sequences all continue past the numbers in use. */
  readonly continuing: ReadonlySet<TargetTable>
}

async function checkTable(
  connection: Connection,
  subject: Subject,
  facts: Facts,
  table: TargetTable,
): Promise<VerifyCheck[]> {
  const name = `${table.schema}.${table.table}`
  const check = (what: string, fine: string | (() => string), work: () => Promise<Complaints>) =>
    attemptCheck(connection, `${what} ${name}`, fine, work)
  const sequences = async (): Promise<VerifyCheck[]> => {
    const found: VerifyCheck[] = []
    for (const column of table.columns.filter(({ sequence }) => sequence !== null)) {
      const fine = `The next number of ${column.name} is past all that are there.`
      const work = async () =>
        facts.continuing.has(table)
          ? []
          : readHeld(connection, [table], () => checkSequence(connection, table, column))
      found.push(await check('sequence', fine, work))
    }
    return found
  }
  // The structure of an existing table is its owner's.
  if (table.existing) return sequences()
  const checks = [
    await check('table', 'Columns, keys, constraints and indexes are as planned.', () =>
      compareShapes(connection, table, facts),
    ),
  ]
  if (table.foreignKeys.length > 0) {
    const waiting: string[] = []
    const fine = () =>
      [
        `References are as planned: ${table.foreignKeys.length}.`,
        ...waiting.map((name) => `Reference ${name} waits for rows in quarantine, not validated.`),
      ].join(' ')
    checks.push(
      await check('references', fine, () => compareForeignKeys(connection, subject, facts, table, waiting)),
    )
  }
  if (table.partitioning !== null) {
    const { months } = table.partitioning
    checks.push(
      await check('partitions', `Partitions are as planned: ${months.length} months and the default.`, () =>
        comparePartitions(connection, table),
      ),
    )
  }
  if (table.hypertable !== undefined) {
    const { column } = table.hypertable
    checks.push(
      await check('hypertable', `It is a hypertable, cut by ${column}.`, () =>
        compareHypertable(connection, table, column),
      ),
    )
  }
  const { distribution } = table
  if (distribution !== undefined) {
    checks.push(
      await check('distribution', `${describeDistribution(distribution)}.`, () =>
        compareDistribution(connection, table, distribution),
      ),
    )
  }
  return [...checks, ...(await sequences())]
}

async function compareDistribution(
  connection: Connection,
  table: TargetTable,
  planned: Distribution,
): Promise<Complaints> {
  const actual = await readDistribution(connection, table)
  if (actual === null) return ['It is a table of the coordinator alone: Citus does not keep it.']
  const isSame =
    actual.kind === planned.kind &&
    (actual.kind !== 'column' || planned.kind !== 'column' || actual.column === planned.column)
  return isSame ? [] : [`${describeDistribution(actual)}, against the plan.`]
}

async function compareShapes(
  connection: Connection,
  table: TargetTable,
  { shapes }: Facts,
): Promise<Complaints> {
  const { actual, planned } = shapes.get(table) ?? (await readShapePair(connection, table))
  if (actual === null || planned === null) return ['The table is missing.']
  return shapeComplaints(table, planned, actual)
}

async function compareForeignKeys(
  connection: Connection,
  subject: Subject,
  facts: Facts,
  table: TargetTable,
  waiting: string[],
): Promise<Complaints> {
  const keys = facts.foreignKeys ?? (await readForeignKeys(connection, [table]))
  const complaints: string[] = []
  for (const planned of table.foreignKeys) {
    const broken = compareReference(keys, table, planned)
    if (broken.length > 0 && planned.validated) {
      const found = await findWaiting(connection, subject, table, planned)
      const unvalidated = { ...planned, validated: false }
      if (found !== null && compareReference(keys, table, unvalidated).length === 0) {
        waiting.push(planned.name)
        continue
      }
    }
    complaints.push(...broken)
  }
  return complaints
}

function compareReference(keys: ForeignKeys, table: TargetTable, wanted: TargetForeignKey): Complaints {
  return relationsOf(table, wanted).flatMap((relation) => {
    const found = keys.get(quoteTable({ schema: table.schema, table: relation }))?.get(wanted.name)
    return compareForeignKey(wanted, found, relation === table.table ? '' : ` of ${relation}`)
  })
}

/** Returns the tables that have the foreign key: for an unvalidated key of a partitioned table, each partition has one. */
function relationsOf(
  { table, partitioning }: TargetTable,
  { validated }: TargetForeignKey,
): readonly string[] {
  if (partitioning === null || validated) return [table]
  return partitionNames(partitioning)
}

function compareForeignKey(
  wanted: TargetForeignKey,
  found: ForeignKeyRow | undefined,
  where: string,
): string[] {
  if (found === undefined) return [`Reference ${wanted.name}${where} is missing.`]
  const { references, onDelete, onUpdate } = wanted
  const action = (planned: string | null) => planned?.toLowerCase().trim() ?? 'no action'
  const isSame =
    JSON.stringify([found.columns, found.parent, found.parentColumns, found.deferrable]) ===
      JSON.stringify([wanted.columns, quoteTable(references), references.columns, wanted.deferrable]) &&
    found.onDelete === action(onDelete) &&
    found.onUpdate === action(onUpdate)
  const complaints: string[] = []
  if (!isSame) complaints.push(`Reference ${wanted.name}${where} is not the planned one.`)
  if (wanted.validated && !found.validated) {
    complaints.push(`Reference ${wanted.name}${where} is not validated.`)
  }
  if (!found.enforced)
    complaints.push(`Reference ${wanted.name}${where} is not enforced: its triggers are disabled.`)
  return complaints
}

/** Compares the months that partitions cover: `partitions --partman` renames partitions, and later months are added. */
async function comparePartitions(connection: Connection, table: TargetTable): Promise<Complaints> {
  const { partitioning } = table
  if (partitioning === null) return []
  const found = await readMonthPartitions(connection, table)
  const covered = new Set(found?.partitions.map(({ month }) => month))
  const complaints = partitioning.months.flatMap(({ name, from }) =>
    covered.has(from.slice(0, 7)) ? [] : [`No partition is exactly the month of ${name}.`],
  )
  return found !== null && found.defaultName !== null
    ? complaints
    : [...complaints, `The default partition ${partitioning.defaultName} is missing.`]
}

async function compareHypertable(
  connection: Connection,
  { schema, table }: TargetTable,
  column: string,
): Promise<Complaints> {
  const { rows } = await connection.query<{ column: string }>(
    `select column_name as column from timescaledb_information.dimensions
      where hypertable_schema = $1 and hypertable_name = $2 and dimension_type = 'Time'`,
    [schema, table],
  )
  const found = rows.map((row) => row.column).join(', ')
  if (found === column) return []
  return [found === '' ? 'It is no hypertable.' : `It is cut by ${found} instead of ${column}.`]
}

function checkExtensions(connection: Connection, extensions: readonly string[]): Promise<VerifyCheck> {
  return attemptCheck(connection, 'extensions', `There are ${extensions.join(', ')}.`, async () => {
    const { rows } = await connection.query<{ name: string }>('select extname as name from pg_extension')
    const names = new Set(rows.map(({ name }) => name))
    return extensions.filter((name) => !names.has(name)).map((name) => `Extension ${name} is missing.`)
  })
}
