/**
 * A run without questions in a terminal: plain lines that stay and, below them, a few that are rewritten: a bar for each running table, the
 * phase, and one estimate. Invariant: the rewritten lines take at most half of the terminal's height and never exceed its width, and are
 * erased at the end; the lines that stay are those that a pipe would get.
 */
import {
  activeMs,
  advance,
  currentPhase,
  nextEstimate,
  noProgress,
  type Progress,
  type RunEvent,
  rateOf,
  runLeftMs,
  shareDone,
  totalRows,
} from '../engine/door/index.ts'
import { filledCells, percentOf } from '../ui/bar-cells.ts'
import { formatClock, formatCount, formatCounted, formatRate, printable } from '../ui/format.ts'
import { cutEnd, cutName, toWidth } from '../ui/text.ts'
import { doneWords, phaseTitles } from './phase-words.ts'
import { type LineFace, type PlainView, plainLines } from './plain-lines.ts'

/** The terminal that is written to. */
type LiveTerminal = {
  readonly write: (text: string) => void
  /** The terminal's current size. */
  readonly columns: () => number
  readonly rows: () => number
  readonly colours: boolean
  readonly unicode: boolean
}

type LiveFace = LineFace & {
  /** Redraws what has changed; called about ten times a second. */
  readonly tick: () => void
  /** Prints a line that stays. */
  readonly say: (line: string) => void
  /** Restores the terminal: erases the rewritten lines, shows the cursor, restores the title. */
  readonly close: () => void
}

const ESC = '\u001b['
const sgr = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' } as const
type Tone = keyof typeof sgr

export function liveLines(
  terminal: LiveTerminal,
  given: Pick<PlainView, 'isVerbose'> & {
    /** Draws only the rewritten lines: for a command that prints its answer afterwards. */
    readonly keepsNoLines?: boolean
  },
  clock: () => number = () => Date.now(),
): LiveFace {
  let progress: Progress = noProgress
  let drawn = 0
  let shownLeftMs: number | null = null
  let tickedAt = clock()
  let isOver = false
  const paint = (tone: Tone, text: string): string =>
    terminal.colours ? `${ESC}${sgr[tone]}m${text}${ESC}0m` : text
  const plain = (text: string): string => (terminal.unicode ? text : asciiText(text))

  /** The control sequence that erases the rewritten lines. */
  const erasure = (): string => {
    const text = drawn > 0 ? `${ESC}${drawn}F${ESC}0J` : ''
    drawn = 0
    return text
  }
  const draw = (): void => {
    if (isOver) return
    const lines = movingLines(progress, {
      ...sizeOf(terminal),
      unicode: terminal.unicode,
      paint,
      now: clock(),
      shownLeftMs,
    })
    terminal.write(erasure() + lines.map((line) => `${plain(line)}\n`).join(''))
    drawn = lines.length
  }
  const stay = (line: string): void => {
    terminal.write(`${erasure()}${toned(plain(line), paint)}\n`)
  }
  const lines = plainLines(stay, () => performance.now(), {
    columns: terminal.columns(),
    isVerbose: given.isVerbose,
    showsProgress: false,
    endsWithOutcome: true,
  })
  const setTitle = (title: string): void => terminal.write(`\u001b]0;${title}\u0007`)
  // The terminal saves its title, to be restored at the end (xterm: XTWINOPS 22 and 23).
  terminal.write(`${ESC}22;0t${ESC}?25l`)
  setTitle('gpt-migrate')
  const close = (): void => {
    if (isOver) return
    isOver = true
    terminal.write(`${erasure()}${ESC}?25h${ESC}23;0t`)
  }
  return {
    onEvent(event: RunEvent) {
      progress = advance(progress, event)
      const isEnd = event.type === 'run-finished' || event.type === 'run-failed'
      if (isEnd) close()
      if (given.keepsNoLines !== true) lines.onEvent(event)
      if (isEnd) terminal.write('\u0007')
    },
    tick() {
      const now = clock()
      shownLeftMs = nextEstimate(shownLeftMs, runLeftMs(progress, now) ?? shownLeftMs, now - tickedAt)
      tickedAt = now
      draw()
      const share = shareDone(progress)
      const phase = currentPhase(progress)
      if (!isOver && phase !== null)
        setTitle(`${share === null ? '' : `${percentOf(share)} · `}${phaseTitles[phase.phase]} · gpt-migrate`)
    },
    say: stay,
    close,
  }
}

const sizeOf = ({ columns, rows }: LiveTerminal) => ({ columns: columns(), rows: rows() })

type Frame = {
  readonly columns: number
  readonly rows: number
  readonly unicode: boolean
  readonly paint: (tone: Tone, text: string) => string
  readonly now: number
  readonly shownLeftMs: number | null
}

function movingLines(progress: Progress, frame: Frame): string[] {
  const phase = currentPhase(progress)
  if (phase === null) return []
  const { columns, rows, paint, now, shownLeftMs } = frame
  const lines: string[] = []
  if (phase.phase === 'copy') {
    const running = progress.tables.filter(({ state }) => state === 'copying')
    const waiting = progress.tables.filter(({ state }) => state === 'waiting').length
    const most = Math.max(1, Math.floor(rows / 2) - 3)
    const nameWidth = Math.min(36, Math.max(12, columns - 44))
    for (const table of running.slice(0, most)) {
      const done = table.totalRows === 0 ? 1 : table.rows / table.totalRows
      const rate = formatRate(rateOf(table, activeMs(progress, now)))
      const bar = barOf(done, Math.min(24, columns - nameWidth - 26), frame)
      lines.push(
        `  ${toWidth(cutName(printable(table.target), nameWidth), nameWidth)} ${bar} ${percentOf(done).padStart(5)} ${rate.padStart(12)}`,
      )
    }
    if (running.length > most) lines.push(paint('dim', `  ${running.length - most} more running`))
    if (waiting > 0) lines.push(paint('dim', `  ${formatCounted(waiting, 'table')} waiting`))
  }
  const share = shareDone(progress)
  const left = progress.paused
    ? 'paused'
    : shownLeftMs === null
      ? ''
      : `about ${formatClock(shownLeftMs)} left`
  const counted = phase.phase === 'copy' ? countedRows(progress) : doneWords(phase)
  const elapsed = progress.startedAt === null ? '' : formatClock(activeMs(progress, now) - progress.startedAt)
  const title = phaseTitles[phase.phase]
  const percent = share === null ? '' : percentOf(share)
  // Where there is not room for everything, whole words are omitted.
  const details = [
    [percent, counted, left, elapsed],
    [percent, left, elapsed],
    [percent, left],
    [percent],
  ].map((words) => words.filter((word) => word !== '').join('  '))
  const detail = details.find((words) => title.length + 2 + words.length < columns) ?? ''
  const room = columns - title.length - detail.length - 4
  const bar = share !== null && room >= 8 ? ` ${barOf(share, Math.min(30, room), frame)}` : ''
  lines.push(
    paint('bold', title) +
      bar +
      cutEnd(
        `  ${detail}`,
        Math.max(0, columns - 1 - title.length - (bar === '' ? 0 : Math.min(30, room) + 1)),
      ),
  )
  if (phase.phase !== 'copy' && phase.detail !== null)
    lines.push(paint('dim', cutEnd(`  ${printable(phase.detail)}`, columns - 1)))
  return lines
}

function countedRows(progress: Progress): string {
  const { done, total } = totalRows(progress)
  return `${formatCount(done)} of ${formatCounted(total, 'row')}`
}

function barOf(done: number, width: number, { unicode, paint }: Frame): string {
  if (width < 4) return ''
  const full = filledCells(done, width)
  return (
    paint('cyan', (unicode ? '█' : '#').repeat(full)) +
    paint('dim', (unicode ? '░' : '.').repeat(width - full))
  )
}

/** Colours a line by its meaning; the words are the same without colours. */
function toned(line: string, paint: (tone: Tone, text: string) => string): string {
  if (/^ *error:|DIFFERS|^Failed|^Moved, but/.test(line)) return paint('red', line)
  if (/^ *warning:|in quarantine|^Stopped/.test(line)) return paint('yellow', line)
  if (/^Moved and /.test(line)) return paint('green', line)
  // A next step: a word, then in its own column what the word is about.
  const [, label, rest] = /^([A-Z]\w+(?: \w+)? {2,})(\S.*)$/.exec(line) ?? []
  if (label !== undefined) return `${paint('dim', label)}${rest}`
  return /^\S/.test(line) ? paint('bold', line) : line
}

/** Replaces our symbols that ASCII lacks. */
function asciiText(text: string): string {
  return text.replaceAll('…', '...').replaceAll('→', '->').replaceAll('·', '-')
}
