/** The preview: the plan while it is made, then its tables, findings and the confirmation. */
import { currentPhase } from '../engine/door/index.ts'
import { doneWords, phaseTitles } from '../faces/phase-words.ts'
import { Busy } from '../ui/busy.tsx'
import { formatDuration, printable } from '../ui/format.ts'
import { Line, Toned } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { Prose } from '../ui/prose.tsx'
import { Trouble } from '../ui/trouble.tsx'
import type { WizardState } from '../wizard/state/state.ts'
import { openedTable } from '../wizard/steps/preview.ts'
import { Confirm } from './confirm.tsx'
import { Findings } from './findings-list.tsx'
import { Frame } from './frame.tsx'
import { TableList } from './preview-list.tsx'
import { OpenedTable } from './preview-table.tsx'

const promise = 'Nothing has been written to the target yet.'

export function PreviewScreen({ state }: { readonly state: WizardState }) {
  const { preview } = state
  const isBare = preview.view === 'confirm'
  return (
    <Frame
      state={state}
      promise={
        preview.resumed !== null
          ? 'Nothing more is written before you confirm.'
          : isBare
            ? 'Enter begins; until then nothing is written to the target.'
            : promise
      }
    >
      {preview.phase !== 'ready' || preview.prepared === null ? (
        <Waiting state={state} />
      ) : preview.view === 'confirm' ? (
        <Confirm state={state} />
      ) : preview.view === 'findings' ? (
        <Findings state={state} />
      ) : preview.view === 'table' && openedTable(preview) !== null ? (
        <OpenedTable state={state} />
      ) : (
        <TableList state={state} plan={preview.prepared.plan} />
      )}
    </Frame>
  )
}

/** The progress of snapshots, inspection and planning. */
function Waiting({ state }: { readonly state: WizardState }) {
  const { symbols } = useLook()
  const { preview } = state
  if (preview.phase === 'failed' && preview.error !== null) {
    return (
      <>
        <Line tone="strong">The plan could not be made</Line>
        <Line />
        <Trouble error={preview.error} />
      </>
    )
  }
  const { phases } = preview.progress
  const running = currentPhase(preview.progress)
  const detail = running?.detail == null ? '' : `  ${printable(running.detail)}`
  return (
    <>
      <Line tone="strong">Making the plan</Line>
      <Line />
      {phases
        .filter((phase) => phase.elapsedMs !== null)
        .map(({ phase, elapsedMs }) => (
          <Line key={phase}>
            <Toned tone="good">{symbols.done}</Toned> {phaseTitles[phase].padEnd(26)}
            <Toned tone="quiet">{formatDuration(elapsedMs ?? 0)}</Toned>
          </Line>
        ))}
      <Busy>
        {running === null
          ? 'Starting'
          : `${phaseTitles[running.phase].padEnd(26)}${doneWords(running)}${detail}`.trimEnd()}
      </Busy>
      <Line />
      <Prose tone="quiet">All reading is done from snapshots: your programs can keep working.</Prose>
      {preview.confirmWhenReady && (
        <Prose tone="quiet">The confirmation follows as soon as the plan is there.</Prose>
      )}
    </>
  )
}
