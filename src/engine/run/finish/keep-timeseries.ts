/**
 * Hands hypertables to TimescaleDB's columnstore and retention policies. Invariant: nothing is converted before every value is proven, and
 * converted chunks are proven again, read through the columnstore, before any policy is added.
 */
import { type RunContext, runPhase } from '../../events/run-context.ts'
import type { Plan } from '../../model/plan.ts'
import type { Difference, VerifyCheck } from '../../model/report.ts'
import type { TableName } from '../../model/target-schema.ts'
import type { Verification } from '../../model/verification.ts'
import {
  addPolicies,
  convertChunk,
  enableColumnstore,
  type HypertablePlan,
  keptTables,
} from '../../plan/ddl/timeseries-ddl.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { SharedCores } from '../../threads/shared-cores.ts'
import { nameDifferences } from '../../verify/name-differences.ts'
import type { CopyWorkers } from '../../workers/copy-workers.ts'
import { beginChecksums, type VerifyRequest } from './verify-run.ts'

/** Returns the verification, with that of the converted chunks. A run that is stopped here is resumed before the verification. */
export async function keepTimeseries(
  connection: Connection,
  workers: CopyWorkers,
  request: VerifyRequest,
  verification: Verification,
  context: RunContext,
): Promise<Verification> {
  const tables = keptTables(request.workerData.plan.schema)
  if (tables.length === 0 || !verification.ran) return verification
  if (!isProven(verification)) {
    context.emit({ type: 'finding', finding: waiting(tables) })
    return verification
  }
  const version = await readVersion(connection)
  const chunks: { table: HypertablePlan; chunk: TableName }[] = []
  for (const table of tables) {
    await enable(connection, table, version)
    for (const chunk of await oldChunks(connection, table)) chunks.push({ table, chunk })
  }
  return runPhase(context, 'columnstore', chunks.length, 'chunk', async (progress) => {
    for (const [index, { table, chunk }] of chunks.entries()) {
      if (!(await context.control.mayContinue())) return { ...verification, ran: false }
      progress(index, `${table.schema}.${table.table}`)
      await connection.execute(convertChunk(table, chunk, version))
    }
    for (const { table } of chunks.filter(({ table }, index) => chunks[index + 1]?.table !== table))
      await connection.query(`analyze ${quoteTable(table)}`)
    progress(chunks.length)
    const again = await verifyThroughColumnstore(connection, workers, request, tables, context)
    const checks: VerifyCheck[] = [...verification.checks]
    for (const table of tables) {
      const { columnstore } = table.hypertable
      const converted = await countConverted(connection, table)
      const failed = again.differences.length > 0 || !again.ran
      if (!failed) for (const sql of addPolicies(table, version)) await connection.query(sql)
      checks.push({
        name: `time series ${table.schema}.${table.table}`,
        ok: !failed,
        detail: failed
          ? 'It was not proven again after its chunks were converted: no policy was made.'
          : [
              columnstore === undefined
                ? null
                : `${converted} ${converted === 1 ? 'chunk is' : 'chunks are'} in the columnstore, and every value was read back from there; later ones follow after ${columnstore.after}.`,
              table.hypertable.retention === undefined
                ? null
                : `Rows older than ${table.hypertable.retention} are deleted, for the first time in a day.`,
            ]
              .filter((part) => part !== null)
              .join(' '),
      })
    }
    return {
      ...verification,
      ran: again.ran,
      verdicts: verification.verdicts.map(
        (verdict) => again.verdicts.find(({ tableId }) => tableId === verdict.tableId) ?? verdict,
      ),
      differences: [...verification.differences, ...again.differences],
      checks,
    }
  })
}

function isProven({ level, verdicts, differences, checks }: Verification): boolean {
  return (
    (level === 'checksum' || level === 'full') &&
    differences.length === 0 &&
    verdicts.every(({ match }) => match) &&
    checks.every(({ ok }) => ok)
  )
}

const waiting = (tables: readonly HypertablePlan[]) =>
  ({
    severity: 'warning',
    code: 'timeseries-not-kept',
    message: `${tables.map(({ schema, table }) => `${schema}.${table}`).join(', ')} got neither columnstore nor retention: only values that are proven are converted or deleted.`,
    hint: 'Verify by checksum or in full, and see to the differences first.',
  }) as const

async function readVersion(connection: Connection): Promise<string> {
  const { version } = await connection.queryOne<{ version: string }>(
    `select extversion as version from pg_extension where extname = 'timescaledb'`,
  )
  return version
}

/** Enables the columnstore once: its settings can no longer be changed when the table has converted chunks. */
async function enable(connection: Connection, table: HypertablePlan, version: string): Promise<void> {
  const sql = enableColumnstore(table, version)
  if (sql === null) return
  const { enabled } = await connection.queryOne<{ enabled: boolean }>(
    `select compression_enabled as enabled from timescaledb_information.hypertables
      where hypertable_schema = $1 and hypertable_name = $2`,
    [table.schema, table.table],
  )
  if (!enabled) await connection.execute(sql)
}

/** Returns the chunks that the policy would convert and that are not converted yet, oldest first. */
async function oldChunks(connection: Connection, table: HypertablePlan): Promise<readonly TableName[]> {
  const { columnstore } = table.hypertable
  if (columnstore === undefined) return []
  const { rows } = await connection.query<TableName>(
    `select chunk_schema as schema, chunk_name as "table"
       from timescaledb_information.chunks
      where hypertable_schema = $1 and hypertable_name = $2 and not is_compressed and range_end < now() - $3::interval
      order by range_start`,
    [table.schema, table.table, columnstore.after],
  )
  return rows
}

async function countConverted(connection: Connection, { schema, table }: TableName): Promise<number> {
  const { converted } = await connection.queryOne<{ converted: number }>(
    `select count(*)::int as converted from timescaledb_information.chunks
      where hypertable_schema = $1 and hypertable_name = $2 and is_compressed`,
    [schema, table],
  )
  return converted
}

async function verifyThroughColumnstore(
  connection: Connection,
  workers: CopyWorkers,
  request: VerifyRequest,
  tables: readonly HypertablePlan[],
  context: RunContext,
): Promise<Pick<Verification, 'ran' | 'verdicts' | 'differences'>> {
  const { workerData } = request
  const { plan } = workerData
  const names = new Set(tables.map(quoteTable))
  const some = plan.tables.filter(
    ({ fate }) => fate.kind === 'copy' && names.has(quoteTable(fate.copy.target)),
  )
  const quiet = { ...context, emit: () => {} }
  const work = { ...request, workerData: { ...workerData, plan: { ...plan, tables: some } } }
  const checksums = await beginChecksums(connection, workers, work, new SharedCores(), quiet)
  if (checksums === null) throw new Error('the columnstore is proven by checksums')
  const verdicts = await checksums.finish().finally(() => checksums.close())
  const differences: Difference[] = []
  for (const verdict of verdicts) {
    if (verdict.match) continue
    differences.push(...(await nameDifferences(connection, workerData, verdict)))
  }
  return { ran: context.control.stoppedBy === null, verdicts, differences }
}

/** Checks that a finished run's columnstore and policies still exist, and names the retention policy, which may explain missing rows. */
export async function checkTimeseries(connection: Connection, plan: Plan): Promise<readonly VerifyCheck[]> {
  const checks: VerifyCheck[] = []
  for (const { schema, table, hypertable } of keptTables(plan.schema)) {
    const { columnstore, retention } = hypertable
    const { enabled, jobs, deletesAfter } = await connection.queryOne<{
      enabled: boolean
      jobs: string[]
      deletesAfter: string | null
    }>(
      `select coalesce((select compression_enabled from timescaledb_information.hypertables
                         where hypertable_schema = $1 and hypertable_name = $2), false) as enabled,
              array(select proc_name::text from timescaledb_information.jobs
                     where hypertable_schema = $1 and hypertable_name = $2) as jobs,
              (select config ->> 'drop_after' from timescaledb_information.jobs
                where hypertable_schema = $1 and hypertable_name = $2
                  and proc_name = 'policy_retention' and scheduled limit 1) as "deletesAfter"`,
      [schema, table],
    )
    const missing = [
      columnstore !== undefined && !enabled ? 'columnstore' : null,
      columnstore !== undefined && !jobs.some((job) => /policy_(compression|columnstore)/.test(job))
        ? 'columnstore policy'
        : null,
      retention !== undefined && !jobs.includes('policy_retention') ? 'retention policy' : null,
    ].filter((part) => part !== null)
    const name = `time series ${schema}.${table}`
    if (missing.length > 0) checks.push({ name, ok: false, detail: `It has no ${missing.join(' and no ')}.` })
    else if (deletesAfter !== null)
      checks.push({
        name,
        ok: true,
        detail: `Columnstore and policies are there. The retention policy deletes rows older than ${deletesAfter}: they may be missing because of it.`,
        explains: true,
      })
    else checks.push({ name, ok: true, detail: 'Columnstore and policies are there.' })
  }
  return checks
}
