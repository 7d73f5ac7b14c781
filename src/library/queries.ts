/** Runs the application's SQL on the snapshot and on the target, and judges the results. */
import type { QueriesAnswer } from '../engine/model/answers.ts'
import type { QueriesReport } from '../engine/model/queries.ts'
import { call } from './call.ts'
import type { Watching } from './engine.ts'
import { checked, choiceOf, type RunChoice, runChoiceNames } from './options.ts'

export type QueriesOptions = RunChoice &
  Watching & {
    /** Folders and files of the application's source; the working directory when neither paths nor logs are given. */
    readonly paths?: readonly string[] | undefined
    readonly log?: readonly string[] | undefined
    readonly source?: readonly string[] | undefined
    readonly writes?: boolean | undefined
    /** Statements that write are executed on a copy of the target, in an embedded server created for them. */
    readonly writesOnCopy?: boolean | undefined
    /** An earlier report: statements that had the same verdict in it do not count for the exit code. */
    readonly baseline?: Pick<QueriesReport, 'statements'> | null | undefined
  }

/** Runs the application's statements on the snapshot and on the target. Returns a verdict on each. Throws MigrateError. */
export async function queries(options: QueriesOptions): Promise<QueriesAnswer> {
  const names = ['paths', 'log', 'source', 'writes', 'writesOnCopy', 'baseline'] as const
  const given = checked('queries', options, [...runChoiceNames, ...names])
  const { paths = [], log = [], source = [], writes = false, writesOnCopy = false, baseline } = given
  const request = {
    ...choiceOf(given),
    paths: paths.length === 0 && log.length === 0 ? ['.'] : paths,
    logs: log,
    sources: source,
    allowWrites: writes,
    writesOnCopy,
    known: Object.fromEntries((baseline?.statements ?? []).map(({ id, verdict }) => [id, verdict])),
  }
  return call('judgeQueries', request, given)
}
