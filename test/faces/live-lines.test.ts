/** The moving display of a run without questions, read by a terminal emulator. */
import xterm from '@xterm/headless'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import {
  advance,
  nextEstimate,
  noProgress,
  type Phase,
  type RunEvent,
  runLeftMs,
} from '../../src/engine/door/index.ts'
import { liveLines } from '../../src/faces/live-lines.ts'
import { plainLines } from '../../src/faces/plain-lines.ts'
import { sampleEvents } from './sample-events.ts'

type View = {
  columns: number
  rows: number
  colours?: boolean
  unicode?: boolean
  keepsNoLines?: boolean
}

/** Plays the events into a terminal, drawing after each; `screens` are what stood there then. */
async function play(
  events: readonly RunEvent[],
  { columns, rows, colours = true, unicode = true, keepsNoLines = false }: View,
) {
  const screen = new xterm.Terminal({
    cols: columns,
    rows,
    scrollback: 5000,
    allowProposedApi: true,
    convertEol: true,
  })
  let raw = ''
  let now = 0
  const screens: string[] = []
  const face = liveLines(
    {
      write: (text) => {
        raw += text
        screen.write(text)
      },
      columns: () => columns,
      rows: () => rows,
      colours,
      unicode,
    },
    { isVerbose: false, keepsNoLines },
    () => now,
  )
  const read = async (): Promise<string> => {
    await new Promise<void>((resolve) => screen.write('', resolve))
    const { active } = screen.buffer
    const lines: string[] = []
    for (let row = 0; row < active.length; row++)
      lines.push(active.getLine(row)?.translateToString(true) ?? '')
    return lines.join('\n').trimEnd()
  }
  for (const event of events) {
    if ('at' in event) now = Math.max(now, Date.parse(event.at))
    face.onEvent(event)
    face.tick()
    screens.push(await read())
  }
  face.close()
  return { raw, screens, end: await read() }
}

/** What a terminal makes of lines that are longer than it is wide. */
const joined = (text: string): string => text.replaceAll(/\s+/g, '')

describe.each([
  [120, 40],
  [80, 24],
  [60, 16],
])('%i×%i', (columns, rows) => {
  it('leaves what a pipe would have got, each line once, and nothing of what moved', async () => {
    const { end } = await play(sampleEvents, { columns, rows })
    const lines: string[] = []
    const plain = plainLines((line) => lines.push(line), undefined, {
      columns,
      showsProgress: false,
      endsWithOutcome: true,
    })
    for (const event of sampleEvents) plain.onEvent(event)
    expect(joined(end)).toBe(joined(lines.join('\n')))
    // Between words: commands and paths stay whole.
    for (const line of lines.filter((line) => !line.includes('/')))
      expect(stringWidth(line), line).toBeLessThanOrEqual(columns)
    expect(end).not.toContain('waiting')
  })

  it('shows a bar for each running table, what waits, and one line of the phase', async () => {
    const { screens } = await play(sampleEvents, { columns, rows })
    const copying = screens.filter((screen) => /^Copying .*%/m.test(screen))
    expect(copying.length).toBeGreaterThan(3)
    expect(copying.some((screen) => /trading\.trades.*█.*%/.test(screen))).toBe(true)
    for (const screen of copying) expect(screen.match(/^Copying .*%/gm)).toHaveLength(1)
  })
})

it('narrow-terminal: of the line of a phase words go whole, and the share stays', async () => {
  const at = (second: number) => `2026-01-01T00:00:0${second}Z`
  const events: readonly RunEvent[] = [
    { type: 'phase-started', phase: 'create', total: 501, unit: 'statement', at: at(0) },
    { type: 'phase-progress', phase: 'create', done: 101, detail: null, at: at(5) },
  ]
  const { screens } = await play(events, { columns: 60, rows: 16 })
  const line = screens.at(-1)!.split('\n').at(-1)!
  expect(line).toMatch(/^Creating schemas and tables .*20 %/)
  expect(line).not.toContain('…')
})

it('gives the title back, shows the cursor again, and rings once at the end', async () => {
  const { raw } = await play(sampleEvents, { columns: 80, rows: 24 })
  expect(raw).toContain('\u001b]0;')
  expect(raw.indexOf('\u001b[22;0t')).toBeLessThan(raw.indexOf('\u001b[23;0t'))
  expect(raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(raw.lastIndexOf('\u001b[?25l'))
  expect(raw.replaceAll(/\u001b\][^\u0007]*\u0007/g, '').match(/\u0007/g)).toHaveLength(1)
})

it('without colours and in ASCII the words are the same', async () => {
  const { raw, screens } = await play(sampleEvents, { columns: 80, rows: 24, colours: false, unicode: false })
  expect(raw).not.toMatch(/\u001b\[\d+m/)
  expect(screens.join('\n')).not.toMatch(/[█░…·]/)
  expect(screens.some((screen) => /trading\.trades.*#.*%/.test(screen))).toBe(true)
})

it('for a command that prints its answer afterwards, nothing stays', async () => {
  const { screens, end } = await play(sampleEvents, { columns: 80, rows: 24, keepsNoLines: true })
  expect(screens.some((screen) => /^Copying .*%/m.test(screen))).toBe(true)
  expect(end).toBe('')
})

it('one estimate of the whole run goes through its phases without a jump', () => {
  const usual: readonly [Phase, number][] = [
    ['snapshot', 4_000],
    ['inspect', 22_000],
    ['plan', 9_000],
    ['create', 3_000],
    ['copy', 36_000],
    ['index', 9_000],
    ['verify', 17_000],
  ]
  let progress = noProgress
  let nowMs = Date.parse('2026-01-01T00:00:00Z')
  const end = nowMs + usual.reduce((sum, [, ms]) => sum + ms, 0)
  let shown: number | null = null
  for (const [phase, ms] of usual) {
    const at = () => new Date(nowMs).toISOString()
    const onEvent = (event: RunEvent) => {
      progress = advance(progress, event)
    }
    onEvent({ type: 'phase-started', phase, total: 100, unit: 'byte', at: at() })
    if (phase === 'copy')
      onEvent({ type: 'tables-planned', tables: [{ tableId: 'a/t', target: 't', rows: 1000 }], at: at() })
    for (let passed = 0; passed < ms; passed += 100) {
      nowMs += 100
      if (phase === 'copy')
        onEvent({
          type: 'table-progress',
          tableId: 'a/t',
          rows: Math.floor((1000 * passed) / ms),
          quarantined: 0,
          bytes: 0,
          at: at(),
        })
      else
        onEvent({
          type: 'phase-progress',
          phase,
          done: Math.floor((100 * passed) / ms),
          detail: null,
          at: at(),
        })
      const before: number | null = shown
      shown = nextEstimate(shown, runLeftMs(progress, nowMs) ?? shown, 100)
      if (before !== null) expect(Math.abs(shown! - before)).toBeLessThan(3_000)
      if (nowMs > end - 60_000) expect(Math.abs(shown! - (end - nowMs))).toBeLessThan(15_000)
    }
    onEvent({ type: 'phase-finished', phase, elapsedMs: ms, at: at() })
  }
})

it('the estimate counts down and drifts: it never jumps', () => {
  let shown: number | null = null
  let before: number | null = null
  for (let ms = 0; ms < 30_000; ms += 100) {
    // What is computed from the rate so far leaps about.
    const computed = 60_000 - ms + (ms % 1000 === 0 ? 20_000 : -5_000)
    shown = nextEstimate(shown, computed, 100)
    if (before !== null) expect(Math.abs(shown! - before)).toBeLessThan(2_500)
    before = shown
  }
  expect(nextEstimate(shown, null, 100)).toBeNull()
})
