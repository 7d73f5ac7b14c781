/** Small migrations, planned by hand and carried out by the engine's own parts, for tests that then do damage to the target. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyBlock } from '../../../src/engine/copy/copy-block.ts'
import { planBlocks, readBlocks } from '../../../src/engine/journal/blocks.ts'
import { beginRun } from '../../../src/engine/journal/journal.ts'
import { createJournal } from '../../../src/engine/journal/schema.ts'
import type { Conversion } from '../../../src/engine/model/conversion.ts'
import type { BlockRecord } from '../../../src/engine/model/journal.ts'
import {
  type ColumnOrigin,
  type CopyPlan,
  copyPlanOf,
  type Plan,
  type TablePlan,
  tableIdOf,
  targetTableOf,
} from '../../../src/engine/model/plan.ts'
import type { Difference } from '../../../src/engine/model/report.ts'
import type { Snapshot } from '../../../src/engine/model/snapshot.ts'
import type { TargetColumn, TargetTable } from '../../../src/engine/model/target-schema.ts'
import { planHash } from '../../../src/engine/plan/base/plan-hash.ts'
import { writeDdl } from '../../../src/engine/plan/ddl/ddl.ts'
import { openReadOnly, openWritable, type SqliteDatabase } from '../../../src/engine/source/base/sqlite.ts'
import { readCatalog } from '../../../src/engine/source/catalog/catalog.ts'
import { cutBlocks } from '../../../src/engine/source/readers/blocks.ts'
import { openReader } from '../../../src/engine/source/readers/readers.ts'
import { findOrphans, orphanTestsOf } from '../../../src/engine/source/staging/orphans.ts'
import { buildStaging, needsStaging, openStaging } from '../../../src/engine/source/staging/staging.ts'
import { quoteIdentifier, quoteTable } from '../../../src/engine/syntax/postgres-names.ts'
import { type Connection, connect } from '../../../src/engine/target/connection/connection.ts'
import { compareFully } from '../../../src/engine/verify/full/compare-fully.ts'
import { freshDatabase } from '../../support/databases.ts'
import { emptyRun } from '../journal/runs.ts'
import { targetColumn, targetTable } from '../plan/target-samples.ts'

/** A target column and what fills it; a conversion alone means the source column of the same name. */
type PlannedColumn = readonly [
  name: string,
  type: string,
  from: Conversion | ColumnOrigin | null,
  change?: Partial<TargetColumn>,
]

export type PlannedTable = {
  readonly database?: string
  readonly table: string
  /** Where it goes: into `app` by the same name, unless it is folded. */
  readonly columns?: readonly PlannedColumn[]
  readonly foldedInto?: string
  readonly target?: Partial<TargetTable>
  readonly copy?: Partial<CopyPlan>
}

export type Sources = Readonly<Record<string, string | ((db: SqliteDatabase) => void)>>

export type Migrated = {
  readonly connection: Connection
  readonly plan: Plan
  readonly snapshots: readonly Snapshot[]
  readonly run: string
  readonly records: readonly BlockRecord[]
  compare(): Promise<Difference[]>
  drop(): Promise<void>
}

export async function migrate(
  serverUrl: string,
  sources: Sources,
  tables: readonly PlannedTable[],
): Promise<Migrated> {
  const folder = mkdtempSync(join(tmpdir(), 'gpt-migrate-verify-'))
  const database = await freshDatabase(serverUrl)
  const connection = await connect(database.address)
  const snapshots = Object.entries(sources).map(([name, fill]) =>
    makeSnapshot(join(folder, name), name, fill),
  )
  const plan = planOf(snapshots, tables)
  const run = randomBytes(4).toString('hex')
  const staging = needsStaging(plan) ? join(folder, 'staging') : null
  if (staging !== null) buildStaging(plan, snapshots, staging)
  await createJournal(connection)
  await beginRun(connection, { ...emptyRun(run), plan, planHash: planHash(plan), snapshots })
  const ddl = writeDdl(plan.schema, connection.major)
  for (const { sql } of ddl.beforeLoad) await connection.execute(sql)
  const orphans = findOrphans(plan, snapshots)
  for (const table of plan.tables) {
    if (table.fate.kind !== 'copy') continue
    const copy = copyPlanOf(table)
    const db = openReadOnly(snapshots.find((snapshot) => snapshot.database === table.database)!.file)
    const blocks = cutBlocks(db, table, {
      rowsPerBlock: 1000,
      staging: staging === null ? null : openStaging(staging),
    })
    db.close()
    await planBlocks(connection, run, blocks)
    const reader = openReader('sqlite', table, copy, snapshots, staging)
    for (const block of blocks) {
      await copyBlock(
        connection,
        {
          run,
          tableId: table.id,
          copy,
          target: targetTableOf(plan, copy.target),
          reader,
          orphans: orphanTestsOf(orphans, table),
          exact: false,
          onReject: 'quarantine',
          oid: async () => null,
        },
        block,
      )
    }
    reader.close()
  }
  for (const { sql } of ddl.afterLoad) await connection.execute(sql)
  await moveSequences(connection, plan)
  const records = await readBlocks(connection, run)
  return {
    connection,
    plan,
    snapshots,
    run,
    records,
    compare: () => compareFully(connection, { plan, snapshots, staging, records }, () => undefined),
    async drop() {
      await connection.end()
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function moveSequences(connection: Connection, plan: Plan): Promise<void> {
  for (const table of plan.schema.tables) {
    for (const { name, sequence } of table.columns) {
      if (sequence === null) continue
      await connection.query(
        `select setval(pg_get_serial_sequence($1, $2), coalesce(max(${quoteIdentifier(name)}), 1), count(*) > 0)
           from ${quoteTable(table)}`,
        [quoteTable(table), name],
      )
    }
  }
}

function makeSnapshot(file: string, database: string, fill: Sources[string]): Snapshot {
  const db = openWritable(file)
  db.pragma('synchronous = off')
  if (typeof fill === 'string') db.exec(fill)
  else fill(db)
  db.close()
  return { database, path: file, file, bytes: 0, sha256: '', takenAt: '2025-01-01T00:00:00Z' }
}

function planOf(snapshots: readonly Snapshot[], tables: readonly PlannedTable[]): Plan {
  const sourceRows: Record<string, number> = {}
  const planned = tables.map((table) => {
    const database = table.database ?? snapshots[0]!.database
    const db = openReadOnly(snapshots.find((snapshot) => snapshot.database === database)!.file)
    const source = readCatalog(db, database).tables.find(({ name }) => name === table.table)!
    const id = tableIdOf(database, table.table)
    sourceRows[id] = Number(
      db
        .prepare(`select count(*) from ${quoteIdentifier(table.table)}`)
        .pluck()
        .get(),
    )
    db.close()
    const fate: TablePlan['fate'] =
      table.foldedInto === undefined
        ? {
            kind: 'copy',
            copy: {
              target: { schema: 'app', table: table.target?.table ?? table.table },
              key: source.key,
              read: {
                columns: source.columns.map(({ name }) => name),
                expressions: [],
                filter: null,
                table: source,
              },
              pivot: null,
              folds: [],
              columns: (table.columns ?? []).map(([name, , from]) => ({
                target: name,
                from:
                  from === null
                    ? { kind: 'nothing' }
                    : isConversion(from)
                      ? { kind: 'column', column: name, conversion: from }
                      : from,
              })),
              references: [],
              identity: { kind: 'multiset' },
              unmapped: [],
              ...table.copy,
            },
          }
        : { kind: 'fold', into: table.foldedInto, column: '' }
    return { id, database, table: table.table, fate }
  })
  return {
    ...emptyRun('', {}).plan,
    tables: planned,
    sourceRows,
    schema: {
      extensions: [],
      schemas: ['app'],
      tables: tables
        .filter(({ foldedInto }) => foldedInto === undefined)
        .map(({ table, columns = [], target }) =>
          targetTable('app', table, {
            columns: columns.map(([name, type, , change]) => targetColumn(name, type, change)),
            ...target,
          }),
        ),
    },
  }
}

function isConversion(from: Conversion | ColumnOrigin): from is Conversion {
  return ![
    'column',
    'rowid',
    'row-number',
    'expression',
    'constant',
    'gather',
    'fold',
    'pivot',
    'nothing',
  ].includes(from.kind)
}
