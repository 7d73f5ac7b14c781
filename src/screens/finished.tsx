/** A finished run on this target: verify it, open its report, roll it back, or continue. */

import { currentPhase } from '../engine/door/index.ts'
import { doneWords } from '../faces/phase-words.ts'
import { rollbackPreviewLines } from '../faces/rollback-lines.ts'
import { verifyLines } from '../faces/verify-lines.ts'
import { Busy } from '../ui/busy.tsx'
import { Choices } from '../ui/choices.tsx'
import { formatCounted } from '../ui/format.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { Prose } from '../ui/prose.tsx'
import { cutEnd } from '../ui/text.ts'
import { Trouble } from '../ui/trouble.tsx'
import { TypedName } from '../ui/typed-name.tsx'
import { finishedRunOf } from '../wizard/acts/past-run.ts'
import type { WizardState } from '../wizard/state/state.ts'
import { passedTest } from '../wizard/steps/connection.ts'
import { type FinishedChoice, finishedChoices } from '../wizard/steps/finished-run.ts'
import { ScrolledLines } from './scrolled-lines.tsx'

const titles: Readonly<Record<FinishedChoice, string>> = {
  verify: 'Verify it again: compare the target with its snapshots',
  report: 'Open its report',
  'roll-back': 'Roll it back: remove what it created',
  continue: 'Leave it, and move more into this target',
}

export function Finished({ state }: { readonly state: WizardState }) {
  const run = finishedRunOf(state)
  if (run === null) return null
  switch (state.finished.view) {
    case 'choices':
      return <Finishing state={state} />
    case 'verify':
      return <Verified state={state} />
    case 'roll-back':
      return <RollBack state={state} />
    default:
      return state.finished.view satisfies never
  }
}

function Finishing({ state }: { readonly state: WizardState }) {
  const { run, finishedAt, rows, tables, quarantined } = finishedRunOf(state)!
  const when = finishedAt === null ? '' : `, ${finishedAt.slice(0, 10)} ${finishedAt.slice(11, 16)} UTC`
  const aside = quarantined === 0 ? '' : `; ${formatCounted(quarantined, 'row')} in quarantine`
  return (
    <>
      <Prose tone="strong">{`Run ${run} is finished on this target${when}`}</Prose>
      <Prose>{`It moved ${formatCounted(rows, 'row')} of ${formatCounted(tables, 'table')}${aside}.`}</Prose>
      <Line />
      <Choices titles={titles} choices={finishedChoices} marked={state.finished.choice} />
    </>
  )
}

function Verified({ state }: { readonly state: WizardState }) {
  const { symbols, ...look } = useLook()
  const { verified, scroll } = state.finished
  if (verified === null || verified.kind === 'loading') return <Busy>{comparing(state)}</Busy>
  if (verified.kind === 'failed') return <Trouble error={verified.error} />
  const [headline = '', ...rest] = verifyLines(verified.value, true)
  return (
    <>
      <Line tone={verified.value.ok ? 'good' : 'bad'}>{headline}</Line>
      <Line />
      <ScrolledLines
        lines={rest.map((line) => ({ text: cutEnd(line, bodyColumns(look), symbols.more) }))}
        from={scroll}
        height={bodyRows(look) - 3}
      />
    </>
  )
}

function comparing({ finished }: WizardState): string {
  const phase = currentPhase(finished.progress)
  const words = phase === null ? '' : doneWords(phase)
  const title = 'Comparing every value with the snapshots'
  return words === '' ? title : `${title}: ${words}`
}

/** What a rollback would remove, and the field for the database's name. */
function RollBack({ state }: { readonly state: WizardState }) {
  const { symbols, ...look } = useLook()
  const { finished } = state
  const test = passedTest(state)
  const { removes, isRollingBack, typedName, error } = finished
  if (test === null) return null
  const { database } = test.address
  const height = bodyRows(look) - 5 - (error === null ? 0 : 3)
  const lines = removes?.kind === 'ready' ? rollbackPreviewLines(removes.value, true) : []
  return (
    <>
      {removes?.kind === 'loading' && error === null && <Busy>Looking at what would go</Busy>}
      <ScrolledLines
        lines={lines
          .slice(0, height)
          .map((line) => ({ text: cutEnd(line, bodyColumns(look), symbols.more) }))}
        from={0}
        height={height}
      />
      <Line />
      <TypedName database={database} value={typedName} />
      {isRollingBack && <Busy>Rolling it back</Busy>}
      {error !== null && <Trouble error={error} />}
    </>
  )
}
