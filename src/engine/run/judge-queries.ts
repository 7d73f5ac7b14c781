/**
 * The application's SQL, judged on the snapshots of a run and on its target. Invariant: neither is changed: snapshots are opened
 * read-only, and what is run on the target is rolled back.
 */

import { dirname, join } from 'node:path'
import type { RunContext } from '../events/run-context.ts'
import type { RunRecord } from '../model/journal.ts'
import { type JudgedStatement, type QueriesReport, queryVerdicts } from '../model/queries.ts'
import { classesOf } from '../queries/classes.ts'
import { collectFile } from '../queries/collect/collect-file.ts'
import { collectLog } from '../queries/collect/collect-log.ts'
import { findSourceFiles, readLog, readSourceFile, shownPath } from '../queries/collect/walk-tree.ts'
import { judgeClasses } from '../queries/judge-classes.ts'
import { knownDatabases } from '../queries/known-tables.ts'
import { type Recognised, recognise } from '../queries/recognise.ts'
import { SqliteCopies, SqliteSide } from '../queries/sqlite-side.ts'
import { hasOtherClients } from '../target/other-clients.ts'
import { sequenceGuards } from '../target/sequence-guards.ts'
import { hasByteOrder } from '../target/text-order.ts'
import { chosenRun, type LaterRequest, onTarget } from './past-runs.ts'

export type QueriesRequest = LaterRequest & {
  /** Folders and files of the application's source. */
  readonly paths: readonly string[]
  /** Logs of statements that the application has run. */
  readonly logs: readonly string[]
  readonly allowWrites: boolean
  /** Of an earlier report: its statements by id, with their verdicts. */
  readonly known: Readonly<Record<string, string>>
}

const TIMEOUT_MS = 30_000

export async function judgeQueries(request: QueriesRequest, _context: RunContext): Promise<QueriesReport> {
  const startedAt = performance.now()
  const files = findSourceFiles(request.paths)
  return onTarget(request.target, async (connection, address) => {
    const record = await chosenRun(connection, request.run)
    const { plan, catalogs, snapshots } = record
    const snapshotFiles = new Map(snapshots.map(({ database, file }) => [database, file]))
    const side = new SqliteSide(snapshotFiles)
    const copies = new SqliteCopies(
      snapshotFiles,
      join(dirname(dirname(snapshots[0]?.file ?? '.')), 'queries'),
    )
    try {
      const databases = knownDatabases(plan, catalogs)
      const fills = {
        tables: databases.flatMap(({ tables }) =>
          tables.map(({ name, columns }) => ({ name, columns: columns.map((column) => column.name) })),
        ),
      }
      const found: Recognised[] = []
      for (const file of files) {
        const code = readSourceFile(file)
        if (code === null) continue
        for (const text of collectFile(shownPath(file), code)) found.push(...recognise(text, side, fills))
      }
      for (const log of request.logs) {
        for (const text of collectLog(shownPath(log), readLog(log)))
          found.push(...recognise(text, side, fills))
      }
      const searchPath = searchPathOf(record)
      const statements = await judgeClasses(
        classesOf(found),
        {
          connection,
          session: { searchPath, timezone: plan.options.timezone, timeoutMs: TIMEOUT_MS, isReadOnly: true },
          side,
          copies,
          sequenceGuards: request.allowWrites ? await sequenceGuards(connection, searchPath) : [],
          writes: !request.allowWrites
            ? 'not-asked'
            : (await hasOtherClients(connection))
              ? 'others-connected'
              : 'allowed',
          databases,
          plan,
          zone: plan.options.timezone,
          hasByteOrder: await hasByteOrder(connection),
        },
        () => {},
      )
      return reportOf(statements, {
        known: request.known,
        run: record.run,
        target: { host: address.host, database: address.database, version: connection.version },
        searchPath,
        files: files.length + request.logs.length,
        seconds: (performance.now() - startedAt) / 1000,
      })
    } finally {
      side.close()
      copies.close()
    }
  })
}

/** The schemas of the run's tables, in its order; public where it has none. */
function searchPathOf({ plan }: RunRecord): string[] {
  const schemas = [...new Set(plan.schema.tables.map(({ schema }) => schema))]
  return schemas.length === 0 ? ['public'] : schemas
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
