/** Runs the application's own SQL on the snapshot and on the target, and judges the results. */

import {
  fileReason,
  MigrateError,
  MOST_TEXT_BYTES,
  printableJson,
  readNamedFile,
  renderQueries,
} from '../../engine/door/index.ts'
import { queriesLines } from '../../faces/queries-lines.ts'
import { queries as judgeQueries, type QueriesReport } from '../../index.ts'
import { fileThatEnds } from '../../library/option-rules.ts'
import { defineCommand } from '../command.ts'
import { described, flag, list, ruled, text } from '../option-kinds.ts'
import { options } from '../options.ts'
import { refuseUnwritable, writeOutput } from '../output-file.ts'
import { onTarget, refuseUnnamedTarget, targetOptions } from '../requests.ts'
import { take } from '../take-options.ts'
import { usageError } from '../usage-error.ts'

const report = ruled(fileThatEnds('.json', '.html', '.md', '.sarif'), {
  value: 'FILE',
  completes: 'files',
  group: 'Output',
  description: 'Also write the report here: .json, .html, .md or .sarif',
})

export const queries = defineCommand({
  name: 'queries',
  purpose: "run the application's SQL on both sides; report which statements differ, fail or become slow",
  details: [
    'Statements are taken from string literals of source files, from .sql files, and from logs (SQLAlchemy, Django, Prisma, sqlite3 .trace and the drivers’ callbacks, NDJSON). Each is run on the snapshot of the last migration and on its target, with values from the tables and with rows made to tell the two dialects apart. Neither side is changed.',
  ],
  operands: [{ shown: '[PATH…]', many: true, completes: 'files' }],
  options: {
    ...targetOptions,
    log: list({
      value: 'FILE',
      completes: 'files',
      group: 'What to move',
      description: 'A log of statements, with their parameters; may be repeated',
    }),
    report,
    baseline: text({
      value: 'FILE',
      completes: 'files',
      group: 'How',
      description: 'An earlier report (.json): only new differences count for the exit code',
    }),
    writes: flag({
      group: 'How',
      description: 'Also execute statements that write, and roll them back; no other client may be connected',
    }),
    writesOnCopy: flag({
      group: 'How',
      description: 'Execute statements that write on a copy of the target, in a temporary embedded server',
    }),
    source: described(
      options.source,
      'A database, or a folder of them: a new snapshot is taken if that of the run is gone',
    ),
    ...take('run', 'json'),
  },
  examples: [
    {
      line: 'gpt-migrate queries src --target postgres://me@localhost/trader',
      does: 'the statements of a source tree',
    },
    {
      line: 'gpt-migrate queries src --writes-on-copy --report queries.html',
      does: 'what writes is executed, too, on a copy that is removed',
    },
    {
      line: 'gpt-migrate queries src --baseline queries.json --report queries.sarif',
      does: 'for a review: only what is new fails',
    },
  ],
  exitCodes: {
    ok: 'every statement gives the same rows, or has a rewrite that does',
    source: true,
    target: true,
    queries: true,
    interrupted: true,
    terminated: true,
  },
  async perform(invocation) {
    const { values, operands, world } = invocation
    if (operands.length === 0 && values.log.length === 0)
      throw usageError(
        'no-statements-named',
        'queries needs a folder or a file of source, or a log of statements.',
        'Name one: gpt-migrate queries PATH, or gpt-migrate queries --log FILE.',
      )
    refuseUnnamedTarget(values, world)
    refuseUnwritable('report', values.report)
    const { run, log, source, writes, writesOnCopy, json } = values
    const baseline = values.baseline === null ? null : readBaseline(values.baseline)
    const { report: answer, page } = await judgeQueries({
      ...onTarget(invocation),
      ...{ run, paths: operands, log, source, writes, writesOnCopy, baseline },
    })
    if (values.report !== null) writeOutput('report', values.report, renderQueries(answer, values.report))
    for (const line of json ? [printableJson(answer)] : queriesLines(answer, page)) world.print(line)
    return answer.exitCode
  },
})

function readBaseline(file: string): Pick<QueriesReport, 'statements'> {
  try {
    const { version, statements } = JSON.parse(
      readNamedFile(file, MOST_TEXT_BYTES).toString('utf8'),
    ) as Partial<QueriesReport>
    if (version !== 1 || !Array.isArray(statements))
      throw new Error('it is not a report of gpt-migrate queries')
    return { statements }
  } catch (cause) {
    throw new MigrateError(
      'usage',
      'baseline-unreadable',
      `The baseline ${file} cannot be read: ${cause instanceof SyntaxError ? 'it is not JSON' : fileReason(cause)}.`,
      {
        hint: 'Name a report that gpt-migrate queries --report FILE.json wrote.',
        cause,
      },
    )
  }
}
