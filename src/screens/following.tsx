/** Following: the lag, the rows applied, and what is being waited for. */

import { lagOf } from '../engine/door/index.ts'
import { Busy } from '../ui/busy.tsx'
import { type Fact, FactLines, factLines } from '../ui/facts.tsx'
import { formatClock, formatCount, formatCounted, formatDuration, printable } from '../ui/format.ts'
import { historyCells } from '../ui/history.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line, Lines, type Said, type Tone, Toned } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { Table } from '../ui/table.tsx'
import { cutEnd, wrapText } from '../ui/text.ts'
import { Trouble } from '../ui/trouble.tsx'
import { changedTables } from '../wizard/acts/following.ts'
import { afterSteps } from '../wizard/acts/next-steps.ts'
import type { WizardState } from '../wizard/state/state.ts'
import type { FollowingState } from '../wizard/steps/after-run.ts'
import { rowsOfSteps, StepLines } from './step-line.tsx'

/** A longer lag is shown in a warning colour. */
const LONG_LAG_MS = 10_000
const MOST_FINDINGS = 2
const labelWidth = 13

export function Following({ state }: { readonly state: WizardState }) {
  const look = useLook()
  const { following } = state
  const { progress } = following
  const width = bodyColumns(look)
  const steps = following.phase === 'stopping' ? [] : afterSteps(state)
  const facts = factsOf(state, width)
  const waits = [...findingLines(following, width - 2), ...waitLines(following, width - 2)]
  const tables = changedTables(following)
  const height =
    bodyRows(look) -
    2 -
    (look.spoken ? 1 : 2) -
    facts.length -
    waits.length -
    (steps.length > 0 ? rowsOfSteps(steps, width) + 1 : 0) -
    1
  return (
    <>
      <Headline state={state} />
      <Line />
      <Lag following={following} width={width} />
      <FactLines lines={facts} nameWidth={labelWidth} />
      <Lines lines={waits} />
      {following.error !== null && <Trouble error={following.error} />}
      <Line />
      {tables.length > 0 && height >= 2 && following.error === null && (
        <Table
          columns={[
            { title: 'rows changed since then', least: 14, cut: 'name' },
            { title: 'inserted', align: 'right' },
            { title: 'updated', align: 'right' },
            { title: 'deleted', align: 'right' },
          ]}
          rows={tables.map(({ tableId, inserted, updated, deleted }) => ({
            cells: [
              { text: printable(tableId) },
              ...[inserted, updated, deleted].map((count) => ({
                text: count === 0 ? look.symbols.none : formatCount(count),
              })),
            ],
          }))}
          cursor={null}
          from={state.summary.line}
          height={height}
          width={width}
        />
      )}
      {tables.length === 0 && progress.reportedAt !== null && (
        <Line tone="quiet">{'  Nothing has changed since then.'}</Line>
      )}
      {steps.length > 0 && <Line />}
      <StepLines steps={steps} width={width} />
    </>
  )
}

function Headline({ state }: { readonly state: WizardState }) {
  const { following, migration } = state
  const run = migration.report?.run ?? ''
  switch (following.phase) {
    case 'idle':
    case 'running':
      return following.progress.reportedAt === null ? (
        <Busy>{`Beginning to follow the sources of run ${run}`}</Busy>
      ) : (
        <Line tone="strong">{`Following the sources of run ${run}`}</Line>
      )
    case 'stopping':
      return <Busy>Stopping after the round under way</Busy>
    case 'stopped':
      return (
        <Line tone="warn">{`Stopped after round ${formatCount(following.progress.round)}; it can be resumed at any time.`}</Line>
      )
    case 'taken-over':
      return <Line tone="warn">Another process follows now; this one has stopped.</Line>
    case 'failed':
      return <Line tone="bad">Following has ended</Line>
    default:
      return following.phase satisfies never
  }
}

/** The lag in words, and its history as blocks, one per second, the latest on the right. */
function Lag({ following, width }: { readonly following: FollowingState; readonly width: number }) {
  const { symbols, spoken } = useLook()
  const { progress, now, phase } = following
  const isNow = phase === 'running' || phase === 'stopping'
  const lag = lagOf(progress, isNow ? now : (progress.reportedAt ?? 0))
  const tone: Tone = lag === null || !isNow ? 'quiet' : lag > LONG_LAG_MS ? 'warn' : 'good'
  const cells = width - labelWidth - 2
  const lags = progress.lags.slice(-cells)
  const worst = Math.max(0, ...lags)
  const span =
    lags.length < 2 ? '' : `, at most ${formatDuration(worst)} in the last ${formatClock(lags.length * 1000)}`
  const words = lag === null ? 'not known yet' : `${formatDuration(lag)}${span}`
  return (
    <>
      <Line tone={tone}>
        <Toned tone="quiet">{`  ${'lag'.padEnd(labelWidth)}`}</Toned>
        {cutEnd(words, cells, symbols.more)}
      </Line>
      {!spoken && (
        <Line>
          {`  ${' '.repeat(labelWidth)}`}
          <Toned tone={worst > LONG_LAG_MS ? 'warn' : 'mark'}>{historyCells(lags, symbols.levels)}</Toned>
        </Line>
      )}
    </>
  )
}

function factsOf({ following }: WizardState, width: number): readonly Fact[] {
  const { progress } = following
  const { round, roundMs, read, inserted, updated, deleted, quarantined, startedAt } = progress
  if (startedAt === null) return []
  const took = roundMs === null ? '' : `; the last took ${formatDuration(roundMs)}`
  const how = read === null ? '' : read.how === 'log' ? ', read from the log' : ', every page compared'
  const facts: readonly Fact[] = [
    { name: 'rounds', text: `${formatCount(round)}${took}${how}` },
    {
      name: 'rows in all',
      text: `${formatCount(inserted)} inserted, ${formatCount(updated)} updated, ${formatCount(deleted)} deleted`,
    },
    {
      name: 'quarantine',
      text:
        quarantined === 0
          ? 'nothing new'
          : `${formatCounted(quarantined, 'row')} since then: the cut-over asks about them`,
      tone: quarantined === 0 ? 'plain' : 'warn',
    },
    {
      name: 'since',
      text: `${new Date(startedAt).toISOString().slice(11, 19)} UTC`,
      tone: 'quiet',
    },
  ]
  return factLines(facts, width, labelWidth)
}

/** Tables that can no longer be followed, because of which the cut-over would be refused. */
function findingLines({ progress }: FollowingState, width: number): readonly Said[] {
  const { findings } = progress
  const shown = findings.slice(0, MOST_FINDINGS).flatMap(({ message }) => wrapText(printable(message), width))
  const rest = findings.length - MOST_FINDINGS
  return [
    ...shown.map((line): Said => ({ text: `  ${line}`, tone: 'warn' })),
    ...(rest > 0 ? [{ text: `  ${formatCounted(rest, 'finding')} more`, tone: 'warn' } as const] : []),
  ]
}

/** What is being waited for now, else the last wait. */
function waitLines({ progress, now }: FollowingState, width: number): readonly Said[] {
  const { waiting, waits } = progress
  const last = waits.at(-1)
  if (waiting !== null)
    return wrapText(
      `Waiting for ${formatClock(now - waiting.since)}, try ${formatCount(waiting.attempt)}: ${printable(waiting.reason)}`,
      width,
    )
      .slice(0, 3)
      .map((line) => ({ text: `  ${line}`, tone: 'warn' }))
  if (last === undefined) return []
  const more = waits.length > 1 ? `, and ${formatCounted(waits.length - 1, 'wait')} before` : ''
  return wrapText(`It waited${more}: ${printable(last.reason)}`, width)
    .slice(0, 2)
    .map((line) => ({ text: `  ${line}`, tone: 'quiet' }))
}
