/** Prints what a run would do; nothing is written to the target. */

import { exitCodes, printableJson } from '../../engine/door/index.ts'

import { plan as planRun } from '../../index.ts'
import { printable } from '../../ui/format.ts'
import { defineCommand } from '../command.ts'
import { flag } from '../option-kinds.ts'
import { refuseUnwritable, writeOutput } from '../output-file.ts'
import { checkPlanning, commandOfPlan, planningOptions } from '../requests.ts'
import { take } from '../take-options.ts'
import { progressFace, withFace } from './run.ts'

/** Whether `--plan` can run the file, by its extension. */
const isPlanFile = (file: string): boolean => /\.(ya?ml|json)$/i.test(file)

export const plan = defineCommand({
  name: 'plan',
  purpose: 'show what a run would do; nothing is written to the target',
  details: ['Without a target it plans for the newest PostgreSQL, with nothing in it.'],
  options: {
    ...planningOptions,
    sql: flag({ group: 'Output', description: 'Print the DDL instead' }),
    out: {
      ...take('out').out,
      description: 'Write a plan to edit and to run with --plan, as .yaml or .json; the DDL with --sql',
    },
    ...take('json'),
  },
  examples: [
    {
      line: 'gpt-migrate plan --source ./data',
      does: 'tables, columns, findings, as a run would treat them',
    },
    {
      line: 'gpt-migrate plan --source ./data --out plan.yaml',
      does: 'a plan to edit; run it with --plan plan.yaml',
    },
  ],
  exitCodes: { ok: 'the plan can be run', source: true, target: true, plan: true },
  check: checkPlanning,
  async perform({ values, texts, engine, world }) {
    const { out, sql, json, ...options } = values
    refuseUnwritable('out', out)
    const planned = await withFace(await progressFace(values, world, engine), (onEvent) =>
      planRun({ ...options, env: world.env, engine, onEvent }),
    )
    const { planLines } = await import('../../faces/plan-lines.ts')
    const shown = (): string =>
      sql
        ? planned.sql
        : json
          ? printableJson(planned.plan, 2)
          : planLines(planned.plan, world.isVerbose || out !== null).join('\n')
    if (out === null) world.print(shown())
    else if (isPlanFile(out) && !sql)
      writeOutput('out', out, await engine.call('writePlan', { plan: planned.plan, file: out }))
    else writeOutput('out', out, `${shown()}\n`)
    const errors = planned.plan.findings.filter(({ severity }) => severity === 'error')
    if (out !== null) {
      for (const { message, hint } of errors)
        world.complain(
          `error  ${printable(message)}${hint === undefined ? '' : `\n       ${printable(hint)}`}`,
        )
      if (!world.isQuiet)
        world.print(
          `${printable(out)} is written.${isPlanFile(out) && !sql ? ` To run it:\n${commandOfPlan(out, texts)}` : ''}`,
        )
    }
    return errors.length > 0 ? exitCodes.plan : exitCodes.ok
  },
})
