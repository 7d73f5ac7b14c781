/** The run: what is under way and, above it in the scrollback, what is done. */
import { Box, Static } from 'ink'
import { memo } from 'react'
import {
  activeMs,
  copyPace,
  currentPhase,
  rateOf,
  type TableProgress,
  totalRows,
} from '../engine/door/index.ts'
import { doneWords, phaseTitles } from '../faces/phase-words.ts'
import { percentOf } from '../ui/bar-cells.ts'
import { Busy } from '../ui/busy.tsx'
import {
  formatClock,
  formatCount,
  formatCounted,
  formatDuration,
  formatRate,
  printable,
} from '../ui/format.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line, Toned } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { ProgressBar } from '../ui/progress-bar.tsx'
import type { Symbols } from '../ui/symbols.ts'
import { cutEnd, cutMiddle, cutName, toWidth, widest } from '../ui/text.ts'
import { Trouble } from '../ui/trouble.tsx'
import type { WizardState } from '../wizard/state/state.ts'
import type { Done } from '../wizard/steps/run-progress.ts'
import { Frame } from './frame.tsx'

export function MigrationScreen({ state }: { readonly state: WizardState }) {
  const look = useLook()
  const { migration } = state
  if (migration.phase === 'failed' && migration.error !== null) {
    return (
      <Frame state={state} height={8} promise="Nothing was written to the target.">
        <Line tone="bad">The migration could not begin</Line>
        <Line />
        <Trouble error={migration.error} />
      </Frame>
    )
  }
  const { progress } = migration
  const active = progress.tables.filter((table) => table.state === 'copying')
  const waiting = progress.tables.filter(
    (table) => table.state === 'waiting' && table.rows < table.totalRows,
  ).length
  const most = Math.max(1, Math.min(bodyRows(look), 24) - 7)
  const shown = active.slice(0, active.length > most ? most - 1 : most)
  const rest = active.length - shown.length
  const phase = currentPhase(progress)
  const waitingWords = waiting === 0 ? '' : `  ${formatCounted(waiting, 'table')} waiting`
  const aside = phase?.phase === 'copy' ? waitingWords : `  ${printable(phase?.detail ?? '')}`
  return (
    <Frame state={state} height={shown.length + (rest > 0 ? 1 : 0) + 5} promise={promiseOf(state)}>
      {shown.map((table) => (
        <TableBar key={table.tableId} table={table} now={activeMs(progress, migration.now)} names={shown} />
      ))}
      {rest > 0 && <Line tone="quiet">{`  ${formatCounted(rest, 'table')} more under way`}</Line>}
      <Line tone="quiet">{cutEnd(aside, bodyColumns(look), look.symbols.more)}</Line>
      <Line />
      <Overall state={state} />
      <Clock state={state} />
      <Line />
    </Frame>
  )
}

function promiseOf({ migration }: WizardState): string {
  if (migration.stopping) return 'Stopping after the blocks under way; what is committed stays.'
  if (migration.pausing) return 'Paused: the blocks that were under way are finished first.'
  return 'Safe to stop at any time: it resumes later where it stopped.'
}

function TableBar({
  table,
  now,
  names,
}: {
  readonly table: TableProgress
  readonly now: number
  readonly names: readonly TableProgress[]
}) {
  const { symbols, ...look } = useLook()
  const width = bodyColumns(look)
  const rate = rateOf(table, now)
  const done = table.totalRows === 0 ? 1 : table.rows / table.totalRows
  const nameWidth = Math.min(widest(names.map(({ target }) => printable(target))), Math.floor(width * 0.36))
  const after = toWidth(formatRate(rate), 13, 'right')
  const bar = width - nameWidth - after.length - 10
  return (
    <Line>
      {`  ${toWidth(cutName(printable(table.target), nameWidth, symbols.more), nameWidth)}  `}
      <ProgressBar done={done} width={Math.max(4, bar)} />
      {toWidth(percentOf(done), 6, 'right')}
      <Toned tone="quiet">{after}</Toned>
    </Line>
  )
}

const titleWidth = 28

/** The current phase, with a bar of all rows during the copy. */
function Overall({ state }: { readonly state: WizardState }) {
  const look = useLook()
  const { progress } = state.migration
  const phase = currentPhase(progress)
  if (phase === null) return <Busy>{between(state)}</Busy>
  const rows = totalRows(progress)
  const counted = phase.phase === 'copy' ? { ...rows, unit: 'row' } : phase
  const { done, total } = counted
  const title = phaseTitles[phase.phase]
  const words = doneWords(counted)
  // Measured on the final words, so that the bar keeps its length.
  const widestWords = doneWords({ ...counted, done: total }).length
  const bar = bodyColumns(look) - titleWidth - 2 - 6 - 2 - widestWords - 1
  if (total === 0 || bar < 8) return <Busy>{words === '' ? title : `${title}: ${words}`}</Busy>
  return (
    <Line tone="strong">
      {`  ${title.padEnd(titleWidth)}`}
      <ProgressBar done={done / total} width={bar} />
      {toWidth(percentOf(done / total), 6, 'right')}
      {`  ${toWidth(words, widestWords, 'right')}`}
    </Line>
  )
}

/** What happens between phases. */
function between({ migration }: WizardState): string {
  if (migration.stopping) return 'Stopping after the blocks under way'
  return migration.progress.phases.length === 0 ? 'Connecting' : 'Finishing'
}

function Clock({ state }: { readonly state: WizardState }) {
  const look = useLook()
  const { symbols } = look
  const { progress, now, leftMs } = state.migration
  const { quarantined } = totalRows(progress)
  const elapsed = progress.startedAt === null ? 0 : Math.max(0, now - progress.startedAt)
  const pace = copyPace(progress, now)
  const said = (rate: string | null): string =>
    [
      `${formatClock(elapsed)} elapsed`,
      leftMs === null || progress.paused ? null : `about ${formatClock(leftMs)} left`,
      rate,
      `${formatCounted(quarantined, 'row')} in quarantine`,
    ]
      .filter((part) => part !== null)
      .join(` ${symbols.dot} `)
  const whole = said(pace === null ? null : formatRate(pace.rate))
  // Each table already shows its own rate.
  return <Line>{`  ${widest([whole]) > bodyColumns(look) - 2 ? said(null) : whole}`}</Line>
}

/** The finished tables in the scrollback. */
export const DoneLines = memo(function DoneLines({
  done,
  title,
}: {
  readonly done: readonly Done[]
  readonly title: string
}) {
  const { columns, symbols } = useLook()
  return (
    <Static items={[null, ...done]}>
      {(entry, index) => (
        <Box key={index} paddingLeft={1}>
          {entry === null ? (
            <Toned tone="strong">{cutMiddle(title, columns - 2, symbols.more)}</Toned>
          ) : (
            <Toned tone={entry.what === 'differs' ? 'bad' : 'plain'}>
              {doneText(entry, columns - 2, symbols)}
            </Toned>
          )}
        </Box>
      )}
    </Static>
  )
})

/** A finished table as one line. */
function doneText({ table, what }: Done, width: number, symbols: Symbols): string {
  const name = printable(table.target)
  if (what === 'differs')
    return cutEnd(`${symbols.error} ${name} differs from its source`, width, symbols.more)
  // An earlier start of the run had already copied the table.
  const wasThere = table.elapsedMs === 0 && table.rows > 0
  const rate = toWidth(formatRate(rateOf(table, 0)), 13, 'right')
  const aside = table.quarantined === 0 ? '' : `  ${formatCount(table.quarantined)} in quarantine`
  const figures =
    toWidth(formatCount(table.rows), 12, 'right') +
    toWidth(wasThere ? 'there' : formatDuration(table.elapsedMs), 9, 'right')
  // The quarantined rows matter more than the rate.
  const whole = figures + rate + aside
  const numbers = whole.length + 40 > width && aside !== '' ? figures + aside : whole
  const room = Math.max(12, Math.min(38, width - numbers.length - 2))
  const line = `${symbols.done} ${toWidth(cutName(name, room, symbols.more), room)}${numbers}`
  return cutEnd(line.trimEnd(), width, symbols.more)
}
