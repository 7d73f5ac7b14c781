/** The application's SQL: the folder, the progress, and the statements, the worst first. */
import { currentPhase, type JudgedStatement, loudVerdict, totalsSentence } from '../engine/door/index.ts'
import { doneWords, phaseTitles } from '../faces/phase-words.ts'
import { Busy } from '../ui/busy.tsx'
import { printable } from '../ui/format.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line, Lines, type Tone } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { Prose } from '../ui/prose.tsx'
import { Table } from '../ui/table.tsx'
import { wrapText } from '../ui/text.ts'
import { TextField } from '../ui/text-field.tsx'
import { Trouble } from '../ui/trouble.tsx'
import { hasMovedOn, judgedStatements, originOf } from '../wizard/acts/judging.ts'
import type { WizardState } from '../wizard/state/state.ts'
import { StepLine } from './step-line.tsx'

type Props = { readonly state: WizardState }

export function Queries({ state }: Props) {
  switch (state.judging.phase) {
    case 'asking':
      return <Folder state={state} />
    case 'running':
      return <Busy>{workOf(state)}</Busy>
    case 'judged':
      return <Statements state={state} />
    default:
      return state.judging.phase satisfies never
  }
}

function Folder({ state }: Props) {
  const look = useLook()
  const { folder, error } = state.judging
  return (
    <>
      <Line tone="strong">Check your application's SQL</Line>
      <Line />
      <Prose>
        The SQL statements of a source tree are run on the snapshots and on PostgreSQL, with values from your
        tables and with rows made to distinguish the two. Neither side is changed.
      </Prose>
      <Line />
      <TextField label="Folder" labelWidth={8} value={folder} isFocused width={bodyColumns(look) - 12} />
      {hasMovedOn(state) && <Prose tone="warn">{movedOn}</Prose>}
      {error !== null && <Trouble error={error} />}
    </>
  )
}

const movedOn =
  'The application may have changed PostgreSQL since the cut-over: a statement may differ for that alone.'

function workOf({ judging }: WizardState): string {
  const phase = currentPhase(judging.progress)
  if (phase === null) return 'Looking for statements'
  const words = doneWords(phase)
  return words === '' ? phaseTitles[phase.phase] : `${phaseTitles[phase.phase]}: ${words}`
}

const tones: Readonly<Record<JudgedStatement['verdict'], Tone>> = {
  differs: 'bad',
  fails: 'bad',
  slower: 'warn',
  rewritten: 'warn',
  'not-judged': 'quiet',
  same: 'good',
}

function Statements({ state }: Props) {
  const look = useLook()
  const width = bodyColumns(look)
  const { report, page } = state.judging.answer!
  const { totals } = report
  const statements = judgedStatements(state)
  const isBad = totals.differs + totals.fails > 0
  const headline = wrapText(totalsSentence(report), width)
  const path = wrapText(
    `The application needs search_path = ${report.searchPath.map(printable).join(', ')}.`,
    width,
  )
  const isStale = hasMovedOn(state)
  const height =
    bodyRows(look) - (isStale ? 2 : 0) - headline.length - path.length - 3 - (page === null ? 0 : 1)
  return (
    <>
      <Lines lines={headline} tone={isBad ? 'bad' : 'good'} />
      {isStale && <Prose tone="warn">{movedOn}</Prose>}
      <Line />
      {statements.length === 0 ? (
        <Line tone="quiet">{'  No statement was found there.'}</Line>
      ) : (
        <Table
          columns={[
            { title: 'verdict' },
            { title: 'where', least: 16, cut: 'middle' },
            { title: 'why', least: 12, drop: 1 },
            { title: 'statement', least: 14, drop: 2 },
          ]}
          rows={statements.map((statement) => ({
            cells: [
              { text: loudVerdict(statement.verdict), tone: tones[statement.verdict] },
              { text: printable(originOf(statement)) },
              { text: statement.reasons.join(', '), tone: 'quiet' },
              { text: printable(statement.sql.replaceAll(/\s+/g, ' ').trim()), tone: 'quiet' },
            ],
          }))}
          cursor={state.summary.line}
          height={height}
          width={width}
        />
      )}
      <Line />
      <Lines lines={path} tone="quiet" />
      {page !== null && <StepLine step={{ word: 'Report', text: page }} width={width} />}
    </>
  )
}
