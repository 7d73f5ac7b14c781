/** The target: its kind, its fields, and the result of the test. */

import { Box, Text } from 'ink'
import SelectInput from 'ink-select-input'
import { bodyRows } from '../ui/layout.ts'
import { Line } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import type { Action, WizardState } from '../wizard/state/state.ts'
import { type TargetKind, targetKinds } from '../wizard/steps/connection.ts'
import { Fields } from './connection-fields.tsx'
import { Result, ROOMY_ROWS } from './connection-result.tsx'
import { promise } from './discovery.tsx'
import { Finished } from './finished.tsx'
import { Frame } from './frame.tsx'
import { StartOver, Unfinished, UnfinishedReport } from './unfinished.tsx'

type Props = { readonly state: WizardState; readonly dispatch: (action: Action) => void }

export function ConnectionScreen({ state, dispatch }: Props) {
  const { view } = state.connection
  return (
    <Frame
      state={state}
      promise={
        view === 'start-over' || state.finished.view === 'roll-back'
          ? 'Nothing is removed before the name is typed.'
          : promise
      }
    >
      {view === 'address' && <Address state={state} dispatch={dispatch} />}
      {view === 'unfinished' && <Unfinished state={state} />}
      {view === 'unfinished-report' && <UnfinishedReport state={state} />}
      {view === 'start-over' && <StartOver state={state} />}
      {view === 'finished' && <Finished state={state} />}
    </Frame>
  )
}

const kindTitles: Readonly<Record<TargetKind, string>> = {
  url: 'A server, by its URL',
  fields: 'A server, by host, port and name',
  embedded: 'An embedded PostgreSQL, in a folder of your own',
}

function Address({ state, dispatch }: Props) {
  const { connection } = state
  const rows = bodyRows(useLook())
  const isRoomy = rows >= ROOMY_ROWS
  return (
    <>
      {isRoomy && <Line tone="strong">Where to</Line>}
      {isRoomy && <Line />}
      {isRoomy || connection.focus === 'kind' ? (
        <Kinds state={state} dispatch={dispatch} />
      ) : (
        <Line tone="strong">{kindTitles[connection.kind]}</Line>
      )}
      {rows >= 14 && <Line />}
      <Fields connection={connection} env={state.given.target.env} />
      {rows >= 14 && <Line />}
      <Result state={state} />
    </>
  )
}

function Kinds({ state, dispatch }: Props) {
  const { connection } = state
  const choose = ({ value }: { value: TargetKind }): void => dispatch({ type: 'choose-kind', kind: value })
  return (
    <Box flexShrink={0}>
      <SelectInput
        key={connection.kind}
        isFocused={connection.focus === 'kind' && !state.help}
        items={targetKinds.map((kind) => ({ key: kind, value: kind, label: kindTitles[kind] }))}
        initialIndex={targetKinds.indexOf(connection.kind)}
        indicatorComponent={connection.focus === 'kind' ? KindPointer : KindMark}
        itemComponent={KindTitle}
        onHighlight={choose}
        onSelect={choose}
      />
    </Box>
  )
}

function KindPointer({ isSelected = false }: { readonly isSelected?: boolean }) {
  const { symbols } = useLook()
  return <Text color="cyan">{isSelected ? `${symbols.pointer} ` : '  '}</Text>
}

/** Marks the chosen kind while its fields have the focus. */
function KindMark({ isSelected = false }: { readonly isSelected?: boolean }) {
  const { symbols } = useLook()
  return <Text dimColor>{isSelected ? `${symbols.dot} ` : '  '}</Text>
}

function KindTitle({ isSelected = false, label }: { readonly isSelected?: boolean; readonly label: string }) {
  return <Text bold={isSelected}>{label}</Text>
}
