/** `cutover --back`: the way back to SQLite, confirmed and reported. */

import { type EngineProcess, exitCodes, printableJson } from '../engine/door/index.ts'
import { cutBackLines } from '../faces/fallback-lines.ts'
import { cutoverBack, keepAfterCutoverBack, type SettledCutBack } from '../index.ts'
import { formatCounted } from '../ui/format.ts'
import type { Values } from './command.ts'
import { lineFace } from './commands/run.ts'
import { isAgreed } from './confirm.ts'
import { onTarget, type targetOptions } from './requests.ts'
import { usageError } from './usage-error.ts'
import type { World } from './world.ts'

type BackValues = Values<typeof targetOptions> & {
  readonly run: string | null
  readonly to: string | null
  readonly keep: 'sqlite' | 'postgres' | null
  readonly onCutover: string | null
  readonly within: number
  readonly acceptQuarantine: boolean
  readonly yes: boolean
  readonly json: boolean
}

export async function performBack({
  values,
  engine,
  world,
}: {
  readonly values: BackValues
  readonly engine: EngineProcess
  readonly world: World
}): Promise<number> {
  const { run, to, keep, json } = values
  if (keep === null && to === null) {
    throw usageError(
      'no-folder',
      'cutover --back needs the folder of the files.',
      'gpt-migrate cutover --back --to DIR --on-cutover CMD --yes',
    )
  }
  const asked = { command: 'cutover', does: 'moves the application back', question: questionOf(keep) }
  if (!(await isAgreed(values, world, asked))) return exitCodes.usage
  const choice = { ...onTarget({ values, engine, world }), run }
  if (keep !== null) {
    const kept = await keepAfterCutoverBack({ ...choice, keep })
    for (const line of json ? [printableJson(kept)] : keptLines(kept)) world.print(line)
    return exitCodes.ok
  }
  const { onCutover, within, acceptQuarantine } = values
  const { onEvent } = await lineFace({ json, plain: true }, world, engine)
  const answer = await cutoverBack({
    ...choice,
    ...{ to: to!, onCutover, within, acceptQuarantine, onEvent },
  })
  for (const line of json ? [printableJson(answer)] : cutBackLines(answer)) world.print(line)
  if (answer.state === 'switching') return exitCodes.copy
  if (answer.lateWrites > 0) return exitCodes.verify
  return answer.asideCount > 0 ? exitCodes.quarantined : exitCodes.ok
}

function questionOf(keep: BackValues['keep']): string {
  switch (keep) {
    case null:
      return 'Move the application back to SQLite now?'
    case 'sqlite':
      return 'Leave the application with SQLite?'
    case 'postgres':
      return 'Let PostgreSQL take writes again?'
    default:
      return keep satisfies never
  }
}

function keptLines({ state, folder, leftBehind }: SettledCutBack): string[] {
  if (state === 'current') return ["PostgreSQL takes writes again, and is the application's database."]
  return [
    `The application's database is SQLite, in ${folder}; PostgreSQL takes no writes.`,
    ...(leftBehind > 0
      ? [`${formatCounted(leftBehind, 'change')} that got into PostgreSQL after the switch stay behind.`]
      : []),
  ]
}
