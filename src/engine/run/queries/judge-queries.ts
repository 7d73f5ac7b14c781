/**
 * Judges the application's SQL on the snapshots of a run and on its target. Invariant: both stay unchanged: snapshots are opened read-only,
 * and whatever runs on the target is rolled back.
 */

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type RunContext, runPhase } from '../../events/run-context.ts'
import { quarantinedTables } from '../../journal/entries.ts'
import type { QueriesAnswer } from '../../model/answers.ts'
import type { RunRecord } from '../../model/journal.ts'
import { type JudgedStatement, type QueriesReport, queryVerdicts } from '../../model/queries.ts'
import { attachedNames } from '../../queries/collect/attached.ts'
import { collectFile } from '../../queries/collect/collect-file.ts'
import { collectLog } from '../../queries/collect/collect-log.ts'
import type { Fills } from '../../queries/collect/dynamic.ts'
import { findSourceFiles, readLog, readSourceFile, shownPath } from '../../queries/collect/walk-tree.ts'
import { judgeClasses } from '../../queries/judge/judge-classes.ts'
import { classesOf, type StatementClass } from '../../queries/sides/classes.ts'
import { type Recognised, recognise } from '../../queries/sides/recognise.ts'
import { SqliteCopies, SqliteSide } from '../../queries/sides/sqlite-side.ts'
import { Patience } from '../../queries/statement/patience.ts'
import {
  type KnownColumn,
  type KnownDatabase,
  type KnownTable,
  knownDatabases,
} from '../../queries/tables/known-tables.ts'
import type { JudgeGround } from '../../queries/trial/judge-ground.ts'
import { renderQueries } from '../../report/queries/render-queries.ts'
import { QueryTrials } from '../../source/base/trial-query.ts'
import { writePrivateFile } from '../../source/files/work-folder.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { refuseForeignNames } from '../../target/guards/foreign-names.ts'
import { hasOtherClients } from '../../target/probe/other-clients.ts'
import { sequenceGuards } from '../../target/tables/sequence-guards.ts'
import { hasByteOrder } from '../../target/tables/text-order.ts'
import { chosenRun, type LaterRequest, onTarget, unfinished } from '../connect/choose-run.ts'
import { querySnapshots } from './query-snapshots.ts'
import { openScratch } from './scratch-target.ts'

export type QueriesRequest = LaterRequest & {
  /** Folders and files of the application's source. */
  readonly paths: readonly string[]
  /** Logs of statements that the application has run. */
  readonly logs: readonly string[]
  /** Databases of which new snapshots may be taken when the run's are gone. */
  readonly sources: readonly string[]
  readonly allowWrites: boolean
  /** Executes writing statements on a copy of the target, on an embedded server created for it. */
  readonly writesOnCopy?: boolean
  /** Verdicts of an earlier report, by the statement's id. */
  readonly known: Readonly<Record<string, string>>
}

export async function judgeQueries(request: QueriesRequest, context: RunContext): Promise<QueriesAnswer> {
  const startedAt = performance.now()
  const files = findSourceFiles(request.paths)
  return onTarget(request.target, async (connection, address) => {
    const record = await chosenRun(connection, request.run)
    // On an incomplete target every statement would differ.
    if (record.status !== 'finished') throw unfinished(record.run, 'its tables are not complete')
    const { workFolder } = request.target
    const snapshots = await querySnapshots(connection, record, request.sources, workFolder)
    const side = new SqliteSide(snapshots)
    const patience = new Patience()
    const trials = new QueryTrials(patience.ms)
    const copies = new SqliteCopies(snapshots, join(workFolder, 'queries', 'copies'))
    const scratch = request.writesOnCopy === true ? await openScratch(record, context) : null
    try {
      const databases = knownDatabases(record.plan, record.catalogs)
      const classes = classesOf(collect(files, request.logs, side, databases))
      const ground = await groundOf(request, record, connection, {
        side,
        trials,
        patience,
        copies,
        databases,
        enforcesForeignKeys: enforcesForeignKeys(classes),
        scratch: scratch?.connection ?? null,
      })
      const statements = await judge(classes, ground, context)
      const report = reportOf(statements, {
        known: request.known,
        run: record.run,
        target: { host: address.host, database: address.database, version: connection.version },
        searchPath: ground.session.searchPath,
        files: files.length + request.logs.length,
        seconds: (performance.now() - startedAt) / 1000,
      })
      return { report, page: savePages(record, report) }
    } finally {
      side.close()
      copies.close()
      await trials.end()
      await scratch?.close()
    }
  })
}

function judge(
  classes: readonly StatementClass[],
  ground: JudgeGround,
  context: RunContext,
): Promise<JudgedStatement[]> {
  return runPhase(context, 'queries', classes.length, 'statement', (progress) =>
    judgeClasses(classes, ground, (done) => progress(done)),
  )
}

function collect(
  files: readonly string[],
  logs: readonly string[],
  side: SqliteSide,
  databases: readonly KnownDatabase[],
): Recognised[] {
  const fills: Fills = {
    tables: databases.flatMap(({ tables }) =>
      tables.map(({ name, columns }) => ({
        name,
        columns: columns.map((column) => column.name),
        orderSensitive: orderSensitiveColumn(columns),
      })),
    ),
  }
  const texts = files.flatMap((file) => {
    const code = readSourceFile(file)
    return code === null ? [] : collectFile(shownPath(file), code)
  })
  const logged = logs.flatMap((log) => collectLog(shownPath(log), readLog(log)))
  side.nameAttached(attachedNames([...texts, ...logged], side.databases))
  return [...texts, ...logged].flatMap((text) => recognise(text, side, fills))
}

/** SQLite enforces foreign keys only when asked to; the usual drivers of JavaScript ask. */
function enforcesForeignKeys(classes: readonly StatementClass[]): boolean {
  return classes.some(
    ({ sql, origins }) =>
      /foreign_keys\s*[=(]\s*(?:on|1|true|yes)\b/i.test(sql) ||
      origins.some(({ file }) => /\.[cm]?[jt]sx?$/.test(file)),
  )
}

/** Returns a text column, preferably nullable; else a nullable column; null when there is none. */
function orderSensitiveColumn(columns: KnownTable['columns']): string | null {
  const isText = ({ target }: KnownColumn): boolean => target?.conversion.kind === 'text'
  const found = columns.find((column) => isText(column) && !column.notNull) ?? columns.find(isText)
  return (found ?? columns.find(({ notNull }) => !notNull))?.name ?? null
}

async function groundOf(
  { allowWrites }: QueriesRequest,
  { run, plan }: RunRecord,
  connection: Connection,
  {
    scratch,
    ...sides
  }: Pick<JudgeGround, 'side' | 'trials' | 'patience' | 'copies' | 'databases' | 'enforcesForeignKeys'> & {
    readonly scratch: Connection | null
  },
): Promise<JudgeGround> {
  const { timezone } = plan.options
  const isByteOrder = await hasByteOrder(connection)
  const searchPath = searchPathOf(plan)
  await refuseForeignNames(connection, searchPath)
  return {
    ...sides,
    connection,
    plan,
    zone: timezone,
    session: { searchPath, timezone, timeoutMs: sides.patience.ms, isReadOnly: true },
    hasByteOrder: isByteOrder,
    writesInTargetOrder: scratch === null || (await hasByteOrder(scratch)) === isByteOrder,
    incomplete: await quarantinedTables(connection, run),
    writing: scratch ?? connection,
    sequenceGuards:
      allowWrites || scratch !== null ? await sequenceGuards(scratch ?? connection, searchPath) : [],
    writes:
      scratch !== null
        ? 'allowed'
        : !allowWrites
          ? 'not-asked'
          : (await hasOtherClients(connection))
            ? 'others-connected'
            : 'allowed',
  }
}

/** Returns the schemas of the run's tables in the plan's order, or public when it has none. */
function searchPathOf({ schema }: RunRecord['plan']): string[] {
  const schemas = [...new Set(schema.tables.map((table) => table.schema))]
  return schemas.length === 0 ? ['public'] : schemas
}

/** Writes the report beside the run's own, if its folder exists. Returns the page's path, or null. */
function savePages({ snapshots }: RunRecord, report: QueriesReport): string | null {
  const folder = dirname(dirname(snapshots[0]?.file ?? ''))
  if (folder === '.' || !existsSync(folder)) return null
  const page = join(folder, 'queries.html')
  writePrivateFile(page, renderQueries(report, page))
  writePrivateFile(join(folder, 'queries.json'), renderQueries(report, 'queries.json'))
  return page
}

type About = Pick<QueriesReport, 'run' | 'target' | 'searchPath' | 'files' | 'seconds'> & {
  readonly known: QueriesRequest['known']
}

function reportOf(judged: readonly JudgedStatement[], { known, ...about }: About): QueriesReport {
  const order = ['differs', 'fails', 'slower', 'rewritten', 'not-judged', 'same'] as const
  const statements = judged
    .map((statement) => ({ ...statement, isKnown: known[statement.id] === statement.verdict }))
    .toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))
  const [same, rewritten, differs, fails, slower, notJudged] = queryVerdicts.map(
    (verdict) => statements.filter((statement) => statement.verdict === verdict).length,
  ) as [number, number, number, number, number, number]
  const isBad = statements.some(
    ({ verdict, isKnown }) => !isKnown && (verdict === 'differs' || verdict === 'fails'),
  )
  return {
    version: 1,
    statements,
    totals: { same, rewritten, differs, fails, slower, notJudged },
    exitCode: isBad ? 9 : 0,
    ...about,
  }
}
