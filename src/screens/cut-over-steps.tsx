/** The cut-over: the rehearsal's facts and the fields of the confirmation, the progress, and the outcome. */

import { lagOf } from '../engine/door/index.ts'
import { cutOverExitCode, cutOverLines } from '../faces/cut-over-lines.ts'
import { Busy } from '../ui/busy.tsx'
import { type Fact, FactLines, factLines } from '../ui/facts.tsx'
import { formatCounted, formatDuration, printable } from '../ui/format.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line, Lines, type Tone, Toned } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { Prose } from '../ui/prose.tsx'
import { wrapText } from '../ui/text.ts'
import { TextField } from '../ui/text-field.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { leftBehind, needsAccept, quarantinedSince } from '../wizard/acts/cutting-over.ts'
import { afterSteps } from '../wizard/acts/next-steps.ts'
import type { WizardState } from '../wizard/state/state.ts'
import type { CutOverField } from '../wizard/steps/after-run.ts'
import { passedTest } from '../wizard/steps/connection.ts'
import { rowsOfSteps, StepLines } from './step-line.tsx'

type Props = { readonly state: WizardState }

export function CutOver({ state }: Props) {
  const { phase } = state.cutOver
  switch (phase) {
    case 'idle':
    case 'rehearsing':
      return <Busy>Trying to keep the writers out; nothing is switched</Busy>
    case 'asking':
      return <Asked state={state} />
    case 'running':
      return <Running state={state} />
    case 'ended':
      return <Ended state={state} />
    default:
      return phase satisfies never
  }
}

const labels: Readonly<Record<Exclude<CutOverField, 'name'>, readonly [string, string]>> = {
  onCutover: ['Start', 'starts the application, given DATABASE_URL'],
  beforeCutover: ['Before', 'stops what writes when it ends'],
  onAbort: ['On failure', 'starts the application on SQLite again'],
}
const labelWidth = 12

function Asked({ state }: Props) {
  const { symbols, ...look } = useLook()
  const { cutOver } = state
  const test = passedTest(state)
  if (test === null) return null
  if (cutOver.rehearsal.kind !== 'ready')
    return (
      <>
        <Line tone="bad">The writers could not be kept out; nothing was switched</Line>
        <Line />
        {cutOver.rehearsal.kind === 'failed' && <Trouble error={cutOver.rehearsal.error} />}
      </>
    )
  const { database } = test.address
  const width = bodyColumns(look)
  const isRoomy = bodyRows(look) >= 16
  const isWaiting = needsAccept(state)
  const facts = factsOf(state, width)
  const most = bodyRows(look) - 7 - (isRoomy ? 2 : 0) - (isWaiting ? 1 : 0)
  return (
    <>
      <Line tone="strong">Cut over to PostgreSQL?</Line>
      {isRoomy && <Line />}
      <FactLines lines={facts.slice(0, most)} nameWidth={labelWidth} />
      {isRoomy && <Line />}
      {(['onCutover', 'beforeCutover', 'onAbort'] as const).map((field) => (
        <TextField
          key={field}
          label={labels[field][0]}
          labelWidth={labelWidth}
          value={cutOver.fields[field]}
          isFocused={cutOver.focus === field}
          width={width - labelWidth - 3}
          placeholder={cutOver.focus === field ? ` ${labels[field][1]}` : labels[field][1]}
        />
      ))}
      {isWaiting && (
        <Line>
          <Toned tone="mark">{cutOver.focus === 'accept' ? `${symbols.pointer} ` : '  '}</Toned>
          {'Accept'.padEnd(labelWidth)}
          <Toned tone={cutOver.accepts ? 'plain' : 'warn'}>
            {`${cutOver.accepts ? symbols.chosen : symbols.notChosen} ${acceptedOf(state)}`}
          </Toned>
        </Line>
      )}
      <Line>
        {'  To do so, type the name of the database: '}
        <Toned tone="strong">{printable(database)}</Toned>
      </Line>
      <TextField
        label="Name"
        labelWidth={labelWidth}
        value={cutOver.fields.name}
        isFocused={cutOver.focus === 'name'}
        width={width - labelWidth - 3}
      />
    </>
  )
}

/** What PostgreSQL would lack after the cut-over, which the person has to accept. */
function acceptedOf(state: WizardState): string {
  const rows = quarantinedSince(state)
  const tables = leftBehind(state)
  return [
    rows > 0 ? `${formatCounted(rows, 'row')} in quarantine stay there` : '',
    tables.length > 0 ? `${formatCounted(tables.length, 'table')} stay as they are` : '',
  ]
    .filter((text) => text !== '')
    .join(', ')
}

/** Facts of the rehearsal: who has the files open, the downtime, the quarantine, the lag. */
function factsOf(state: WizardState, width: number): readonly Fact[] {
  const { cutOver, following } = state
  if (cutOver.rehearsal.kind !== 'ready') return []
  const { fencedMs, openers, sawAllProcesses } = cutOver.rehearsal.value
  const lag = lagOf(following.progress, following.now)
  const quarantined = quarantinedSince(state)
  const facts: readonly Fact[] = [
    {
      name: 'downtime',
      text: `about ${formatDuration(fencedMs)}, until the command is started: it was tried, and the writers could be kept out`,
    },
    {
      name: 'lag',
      text:
        lag === null
          ? 'not known yet; following continues'
          : `${formatDuration(lag)}; following continues until you confirm`,
    },
    quarantined === 0
      ? { name: 'quarantine', text: 'nothing since the run' }
      : {
          name: 'quarantine',
          text: `${formatCounted(quarantined, 'row')} since the run: they would not be in PostgreSQL's tables`,
          tone: 'warn',
        },
    ...following.progress.findings.map(
      ({ message }, index): Fact => ({
        name: index === 0 ? 'findings' : '',
        text: printable(message),
        tone: 'warn',
      }),
    ),
    ...openers.map(
      ({ process, name, path }, index): Fact => ({
        name: index === 0 ? 'open in' : '',
        text: `${printable(name)} (process ${process}): ${printable(path)}`,
      }),
    ),
    ...(openers.length === 0 && sawAllProcesses
      ? [{ name: 'open in', text: 'no other process' } as const]
      : []),
    ...(sawAllProcesses
      ? []
      : [
          {
            name: '',
            text: 'Not all processes can be seen: others may have the files open.',
            tone: 'warn',
          } as const,
        ]),
  ]
  return factLines(facts, width, labelWidth)
}

type Stage = { readonly title: string; readonly isDone: boolean; readonly aside?: string }

function stagesOf({ cutOver }: WizardState): readonly Stage[] {
  const { progress, fields } = cutOver
  const { rounds, fencedAt, switchedAt, commandStartedAt, commandEnded, openedAt, finishedAt } = progress
  const hasCommand = fields.onCutover.text.trim() !== ''
  const before = fields.beforeCutover.text.trim() === '' ? '' : ', the command before'
  return [
    {
      title: `Rounds while the application works${before}`,
      isDone: fencedAt !== null,
      aside: formatCounted(rounds, 'round'),
    },
    { title: 'Keep the writers out, and prove it', isDone: fencedAt !== null, aside: clockOf(fencedAt) },
    {
      title: 'Last round, sequences, keys, switch',
      isDone: switchedAt !== null,
      aside: clockOf(switchedAt),
    },
    ...(hasCommand
      ? [
          {
            title: 'The command that starts the application',
            isDone: commandEnded !== null,
            aside:
              commandEnded === null
                ? clockOf(commandStartedAt)
                : `exit code ${commandEnded.exitCode ?? 'none: a signal ended it'}`,
          },
        ]
      : []),
    {
      title: 'Wait until no process has the old files open',
      isDone: openedAt !== null,
      aside: clockOf(openedAt),
    },
    { title: 'Compare every cell', isDone: finishedAt !== null, aside: clockOf(finishedAt) },
  ]
}

const clockOf = (at: string | null): string => (at === null ? '' : at.slice(11, 23))

function Running({ state }: Props) {
  return (
    <>
      <Line tone="strong">Cutting over</Line>
      <Line />
      <Stages state={state} isUnderWay />
    </>
  )
}

function Stages({ state, isUnderWay }: Props & { readonly isUnderWay: boolean }) {
  const { symbols } = useLook()
  const stages = stagesOf(state)
  const current = isUnderWay ? stages.findIndex(({ isDone }) => !isDone) : -1
  return stages.map(({ title, isDone, aside = '' }, index) => {
    const sign = isDone ? symbols.done : index === current ? symbols.current : symbols.ahead
    const tone: Tone = isDone ? 'good' : index === current ? 'mark' : 'quiet'
    return (
      <Line key={title}>
        <Toned tone={tone}>{`  ${sign} ${title}`}</Toned>
        {aside !== '' && (isDone || index === current) && <Toned tone="quiet">{`  ${aside}`}</Toned>}
      </Line>
    )
  })
}

function Ended({ state }: Props) {
  const look = useLook()
  const { answer, error } = state.cutOver
  const width = bodyColumns(look)
  const steps = afterSteps(state)
  if (answer === null)
    return (
      <>
        <Line tone="bad">Not cut over</Line>
        <Line />
        {error !== null && <Trouble error={error} />}
        <Line />
        <Stages state={state} isUnderWay={false} />
      </>
    )
  const code = cutOverExitCode(answer)
  const tone: Tone = code === 0 ? 'good' : code === 8 ? 'warn' : 'bad'
  const [headline = '', ...rest] = cutOverLines(answer)
  const lines = rest.flatMap((line) =>
    wrapText(line.trim(), width - 2).map((part) => `${line.startsWith('  ') ? '  ' : ''}${part}`),
  )
  return (
    <>
      <Prose tone={tone}>{headline}</Prose>
      <Lines lines={lines.slice(0, Math.max(1, bodyRows(look) - 5 - rowsOfSteps(steps, width)))} />
      <Line />
      <Stages state={state} isUnderWay={false} />
      <Line />
      <StepLines steps={steps} width={width} />
    </>
  )
}
