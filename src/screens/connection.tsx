/** Where to: the kind of target, its fields, and what the test of it said. */
import { Box, Text } from 'ink'
import SelectInput from 'ink-select-input'
import { trialsSentence } from '../engine/door/index.ts'
import { Busy } from '../ui/busy.tsx'
import { formatCounted, printable } from '../ui/format.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line, Toned } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { cutEnd, wrapText } from '../ui/text.ts'
import { maskPassword } from '../ui/text-edit.ts'
import { TextField } from '../ui/text-field.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { adviceFor } from '../wizard/advice.ts'
import {
  type ConnectionState,
  type FieldName,
  fieldNames,
  missingAnswer,
  obstacleOf,
  type TargetKind,
  type TargetTest,
  targetKinds,
} from '../wizard/connection.ts'
import type { Action, WizardState } from '../wizard/state.ts'
import { targetLabel } from '../wizard/target-label.ts'
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
  embedded: 'An embedded PostgreSQL, in a folder of yours',
}

/** With fewer rows for the screen's body, what is known at a glance is left out. */
const ROOMY_ROWS = 18

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

/** The kind that is chosen, while the keys are with its fields. */
function KindMark({ isSelected = false }: { readonly isSelected?: boolean }) {
  const { symbols } = useLook()
  return <Text dimColor>{isSelected ? `${symbols.dot} ` : '  '}</Text>
}

function KindTitle({ isSelected = false, label }: { readonly isSelected?: boolean; readonly label: string }) {
  return <Text bold={isSelected}>{label}</Text>
}

const fieldTitles: Readonly<Record<FieldName, string>> = {
  host: 'Host',
  port: 'Port',
  database: 'Database',
  user: 'User',
  password: 'Password',
  sslmode: 'TLS',
}

const fieldPlaceholders: Readonly<Record<FieldName, string>> = {
  host: 'localhost',
  port: '5432',
  database: 'the name of the user',
  user: 'your own',
  password: 'none, or from ~/.pgpass',
  sslmode: 'prefer (disable, require, verify-full)',
}

function Fields({
  connection,
  env,
}: {
  readonly connection: ConnectionState
  readonly env: WizardState['given']['target']['env']
}) {
  const { values, focus, origin } = connection
  const width = bodyColumns(useLook()) - 14
  const common = { labelWidth: 11, width }
  switch (connection.kind) {
    case 'url':
      return (
        <>
          <TextField
            {...common}
            label="URL"
            value={values.url}
            isFocused={focus === 'url'}
            shown={maskPassword}
            placeholder="postgres://user@host:5432/database"
          />
          <TextField
            {...common}
            label="Password"
            value={values.urlPassword}
            isFocused={focus === 'urlPassword'}
            shown="dots"
            placeholder="as in the URL, PGPASSWORD or ~/.pgpass"
          />
          <Line tone="quiet">{origin === null ? '' : `  ${' '.repeat(11)}proposed by ${origin}`}</Line>
        </>
      )
    case 'fields':
      return (
        <>
          {fieldNames.map((name) => (
            <TextField
              key={name}
              {...common}
              label={fieldTitles[name]}
              value={values[name]}
              isFocused={focus === name}
              shown={name === 'password' ? 'dots' : 'all'}
              placeholder={
                name === 'password' && env.PGPASSWORD ? 'from PGPASSWORD' : fieldPlaceholders[name]
              }
            />
          ))}
        </>
      )
    case 'embedded':
      return (
        <>
          <TextField {...common} label="Folder" value={values.folder} isFocused={focus === 'folder'} />
          <Line tone="quiet">{`  ${' '.repeat(11)}A real PostgreSQL, nothing to install.`}</Line>
        </>
      )
    default:
      return connection.kind satisfies never
  }
}

function Result({ state }: { readonly state: WizardState }) {
  const { connection } = state
  const { tested, kind } = connection
  switch (tested.kind) {
    case 'untested':
      return (
        <Line tone="quiet">
          {`  ${missingAnswer(connection) ?? (kind === 'embedded' ? 'Enter starts it; it is empty until you confirm.' : 'Enter tests the connection.')}`}
        </Line>
      )
    case 'testing':
      return (
        <Busy>
          {tested.creating
            ? 'Creating the database'
            : kind === 'embedded'
              ? 'Starting PostgreSQL; the first time takes some seconds'
              : 'Connecting'}
        </Busy>
      )
    case 'failed':
      return <Trouble error={tested.error} advice={adviceFor(tested.error, kind)} />
    case 'passed':
      return <Passed test={tested.test} state={state} />
    default:
      return tested satisfies never
  }
}

function Passed({ test, state }: { readonly test: TargetTest; readonly state: WizardState }) {
  const { symbols, ...look } = useLook()
  const width = bodyColumns(look)
  const most = bodyRows(look) >= ROOMY_ROWS ? 2 : 1
  const obstacle = obstacleOf(test)
  const fact = (name: string, text: string) => {
    const shown = wholeClauses(text, width - 15, most)
    return shown.map((line, index) => (
      <Line key={`${name} ${line}`}>
        <Toned tone="quiet">{`    ${(index === 0 ? name : '').padEnd(11)}`}</Toned>
        {cutEnd(line, width - 15, symbols.more)}
      </Line>
    ))
  }
  return (
    <>
      {wrapText(`PostgreSQL ${test.probe.version}: ${printable(targetLabel(test))}`, width - 4).map(
        (line, index) => (
          <Line key={line}>
            <Toned tone="good">{index === 0 ? `  ${symbols.done} ` : '    '}</Toned>
            {line}
          </Line>
        ),
      )}
      {fact('rights', rightsOf(test))}
      {test.probe.trials !== undefined && fact('probe', trialsSentence(test.probe.trials))}
      {fact('extensions', extensionsOf(test, state))}
      {fact('holds', holdingsOf(test, state))}
      {obstacle !== null &&
        wrapText(obstacle, width - 4).map((line, index) => (
          <Line key={line} tone="bad">
            {index === 0 ? `  ${symbols.error} ` : '    '}
            {line}
          </Line>
        ))}
      {test.unfinished !== null && (
        <Line tone="warn">{`  ${symbols.warning} A run was interrupted here: enter to go on with it, or not.`}</Line>
      )}
    </>
  )
}

/** At most so many lines: where the text is longer, its last clauses are left out rather than cut. */
function wholeClauses(text: string, width: number, most: number): readonly string[] {
  const clauses = text.split('; ')
  for (let count = clauses.length; count > 0; count--) {
    const lines = wrapText(clauses.slice(0, count).join('; '), width)
    if (lines.length <= most) return lines
    if (count === 1) return [...lines.slice(0, most - 1), lines.slice(most - 1).join(' ')]
  }
  return []
}

function rightsOf({ rights }: TargetTest): string {
  const may = [
    rights.createSchema ? 'create schemas' : null,
    rights.superuser ? 'install any extension' : null,
    !rights.createSchema && rights.writableSchemas.length > 0
      ? `create tables in ${rights.writableSchemas.join(', ')}`
      : null,
  ].filter((part) => part !== null)
  return may.length === 0 ? 'may not create anything' : `may ${may.join(', ')}`
}

function extensionsOf({ probe }: TargetTest, { mapping }: WizardState): string {
  const has = (name: string): boolean =>
    probe.availableExtensions.includes(name) || probe.installedExtensions.includes(name)
  const there = mapping.extensions.filter(has)
  const absent = mapping.extensions.filter((name) => !has(name))
  const parts = [
    there.length > 0 ? there.join(', ') : null,
    absent.length > 0 ? `without ${absent.join(', ')}` : null,
  ]
  return parts.filter((part) => part !== null).join('; ')
}

function holdingsOf({ probe }: TargetTest, { mapping }: WizardState): string {
  if (probe.existing.length === 0) return 'nothing yet: all names are free'
  const schemas = [...new Set(probe.existing.map(({ schema }) => schema))]
  const taken = mapping.schemas.filter((name) => schemas.includes(name))
  const tables = `${formatCounted(probe.existing.length, 'table')} in ${schemas.map(printable).join(', ')}`
  return taken.length === 0 && mapping.schemas.length > 0
    ? `${tables}; ${mapping.schemas.join(', ')} are free`
    : tables
}
