/**
 * The timeline of a whole run, drawn as text and as SVG: what each thread, and each server session that builds indexes, worked on, from the
 * spans that the engine publishes.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Span } from '../src/engine/events/spans.ts'
import type { BenchSetting } from './bench-dataset.ts'
import { makeDataset } from './data.ts'
import { runOurs } from './our-run.ts'

const SPAN_WIDTH = 100

export type TimedSpan = {
  readonly lane: string
  readonly kind: string
  readonly of: string
  /** Seconds since the first span began. */
  readonly start: number
  readonly end: number
}

type KnownTask = {
  readonly kind?: string
  readonly tableIds?: readonly string[]
  readonly name?: string
  readonly block?: { readonly tableId: string }
  readonly blocks?: readonly { readonly tableId: string }[]
  readonly parts?: readonly {
    readonly tableId?: string
    readonly block: { readonly tableId: string } | null
  }[]
  readonly table?: { readonly name?: string }
}

/** The letter and the colour of each kind of work. */
const kinds: Readonly<Record<string, { readonly letter: string; readonly colour: string }>> = {
  hash: { letter: 'h', colour: '#8a8a8a' },
  check: { letter: 'q', colour: '#b07aa1' },
  count: { letter: 'n', colour: '#76b7b2' },
  rows: { letter: 'n', colour: '#76b7b2' },
  judging: { letter: 'j', colour: '#ff9da7' },
  'copy-blocks': { letter: 'C', colour: '#4e79a7' },
  'sum-sources': { letter: 's', colour: '#59a14f' },
  'sum-targets': { letter: 'T', colour: '#edc948' },
  'sum-entries': { letter: 'e', colour: '#9c755f' },
  'primary-key': { letter: 'K', colour: '#e15759' },
  unique: { letter: 'K', colour: '#e15759' },
  index: { letter: 'I', colour: '#f28e2b' },
  analyze: { letter: 'a', colour: '#d4a6c8' },
}

const other = { letter: 'o', colour: '#bab0ac' }

/** Runs gpt-migrate on the dataset `five`, with verification, and draws what it did; returns the spans. */
export async function benchTimeline(setting: BenchSetting, svgFile: string): Promise<readonly TimedSpan[]> {
  const { server, folder, dataFolder, options, say } = setting
  const dataset = makeDataset('five', options.rows * 2, dataFolder)
  await server.run('postgres', ['drop database if exists bench_ours', 'create database bench_ours'])
  const file = join(folder, 'spans.jsonl')
  const result = await runOurs(
    { folder, jobs: options.jobs, spansFile: file },
    dataset,
    server.urlOf('bench_ours'),
  )
  const spans = existsSync(file) ? readSpans(readFileSync(file, 'utf8')) : []
  rmSync(file, { force: true })
  say(drawText(spans))
  writeFileSync(svgFile, drawSvg(spans))
  say(`\n${result.seconds.toFixed(1)} s, ${result.cpuSeconds.toFixed(1)} s of CPU; drawn in ${svgFile}`)
  return spans
}

function readSpans(lines: string): readonly TimedSpan[] {
  const spans = lines
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Span)
  const zero = Math.min(...spans.map(({ startMs }) => startMs))
  return spans.map(({ lane, task, startMs, endMs }) => {
    // The tasks of the forecast's worker are all of one kind.
    const { kind = lane.split(' ')[0]!, block, blocks, parts, tableIds, table, name } = task as KnownTask
    const [first] = blocks ?? parts?.map((part) => part.block ?? part) ?? [block]
    const of = (first?.tableId ?? tableIds?.[0] ?? table?.name ?? name ?? '').replace(/^.*\//, '')
    return { lane, kind, of, start: (startMs - zero) / 1000, end: (endMs - zero) / 1000 }
  })
}

function lanesOf(spans: readonly TimedSpan[]): readonly (readonly [string, readonly TimedSpan[]])[] {
  return [...Map.groupBy(spans, ({ lane }) => lane)]
}

/** One line per lane: for each hundredth of the time a letter for the kind of work that took most of it, then how long the lane worked. */
function drawText(spans: readonly TimedSpan[]): string {
  const whole = Math.max(...spans.map(({ end }) => end))
  const lines = lanesOf(spans).map(([lane, own]) => {
    const letters = Array.from({ length: SPAN_WIDTH }, (_, column) => {
      const [from, to] = [(column / SPAN_WIDTH) * whole, ((column + 1) / SPAN_WIDTH) * whole]
      const share = ({ start, end }: TimedSpan): number => Math.min(end, to) - Math.max(start, from)
      const longest = own.toSorted((one, two) => share(two) - share(one))[0]!
      return share(longest) > 0 ? (kinds[longest.kind] ?? other).letter : '.'
    })
    const busy = own.reduce((sum, { start, end }) => sum + end - start, 0)
    return `${lane.padEnd(20)} ${letters.join('')} ${busy.toFixed(1)} s`
  })
  const used = [...new Set(spans.map(({ kind }) => kind))]
  const legend = used.map((kind) => `${(kinds[kind] ?? other).letter} ${kind}`).join(' · ')
  return `${lines.join('\n')}\n${`0 to ${whole.toFixed(1)} s`.padStart(21 + SPAN_WIDTH)}\n${legend}`
}

const [LEFT, WIDTH, HEIGHT] = [150, 1000, 22]

function drawSvg(spans: readonly TimedSpan[]): string {
  const whole = Math.max(...spans.map(({ end }) => end))
  const at = (second: number): string => (LEFT + (second / whole) * WIDTH).toFixed(1)
  const lanes = lanesOf(spans)
  const rows = lanes.flatMap(([lane, own], row) => [
    `<text x="4" y="${row * HEIGHT + 15}">${inXml(lane)}</text>`,
    ...own.map(({ kind, of, start, end }) => {
      const title = `${kind} ${of}: ${start.toFixed(2)} to ${end.toFixed(2)} s`
      const width = Math.max(0.5, ((end - start) / whole) * WIDTH).toFixed(1)
      return `<rect x="${at(start)}" y="${row * HEIGHT + 2}" width="${width}" height="${HEIGHT - 4}" fill="${(kinds[kind] ?? other).colour}"><title>${inXml(title)}</title></rect>`
    }),
  ])
  const height = lanes.length * HEIGHT + 20
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + WIDTH + 10}" height="${height}" font-family="sans-serif" font-size="12">`,
    ...rows,
    `<text x="${LEFT}" y="${height - 5}">0 to ${whole.toFixed(1)} s</text>`,
    '</svg>\n',
  ].join('\n')
}

function inXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
