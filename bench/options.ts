/** The bench's command line. */
import { parseArgs } from 'node:util'
import type { DatasetName } from './data.ts'

export type BenchOptions = {
  readonly rows: number
  readonly repeats: number
  readonly datasets: readonly DatasetName[]
  readonly scaling: boolean
  readonly steps: boolean
  readonly alone: boolean
  /** Benches only the other programs, as whole processes. */
  readonly isPeers: boolean
  /** Programs given by their path instead of being searched for. */
  readonly peers: readonly { readonly name: string; readonly path: string }[]
  /** Only the timeline of a run. */
  readonly timeline: boolean
  /** Only the start of the program. */
  readonly start: boolean
  /** Only this number of small tables. */
  readonly tables: number | null
  readonly dataFolder: string | null
  readonly jobs: number | null
  /** Null for the usual bench. */
  readonly live: { readonly megabytes: number; readonly seconds: number; readonly perSecond: number } | null
}

export const benchHelp = `npm run bench -- [options]

  --rows N          rows of each dataset; "five" has twice as many in its five tables (default: 1000000)
  --repeats N       how often each program runs, in turn (default: 3)
  --only NAMES      datasets, with commas: trades, feature_values, five (default: all)
  --steps           only the steps alone: snapshot, census, read, encode …
  --scaling         only gpt-migrate at N, 3 N and 10 N rows of trades
  --alone           without the other programs

npm run bench -- live [options]   an application that continues to write: followed, brought back, moved back

  --megabytes N     size of its file (default: 1000)
  --seconds N       how long each phase is measured (default: 20)
  --rate N          write transactions a second (default: 100)

npm run bench -- start      to the first event, and to the end where there is little to do
npm run bench -- tables     many tables of 20 rows, beside pgloader

  --tables N        how many (default: 300)

npm run bench -- timeline [--rows N]   one whole run of "five", drawn: what each thread and index session worked at

npm run bench -- peers [options]   whole processes of gpt-migrate, pgloader, DuckDB (Python's duckdb with its extensions for SQLite
                                   and PostgreSQL) and those named, on two tables: time, memory, whether the rows are right

  --rows N          rows of both tables together (default: 1000000)
  --repeats N       how often each program runs, in turn (default: 3)
  --peer NAME=PATH  pgferry or sluice, built elsewhere; may be repeated

  --jobs N          copy workers of gpt-migrate (default: one a core)
  --data DIR        where the made databases are kept (default: bench/data)
`

const parts: readonly string[] = ['live', 'peers', 'timeline', 'start', 'tables']
const names: readonly DatasetName[] = ['trades', 'feature_values', 'five']

/** Null when help was requested. Throws for unknown options. */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rows: { type: 'string', default: '1000000' },
      repeats: { type: 'string', default: '3' },
      only: { type: 'string', default: names.join(',') },
      scaling: { type: 'boolean', default: false },
      steps: { type: 'boolean', default: false },
      alone: { type: 'boolean', default: false },
      jobs: { type: 'string' },
      megabytes: { type: 'string', default: '1000' },
      seconds: { type: 'string', default: '20' },
      rate: { type: 'string', default: '100' },
      tables: { type: 'string', default: '300' },
      data: { type: 'string' },
      peer: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return null
  const [what, ...more] = positionals
  if (more.length > 0 || (what !== undefined && !parts.includes(what)))
    throw new Error(`There is no bench ${positionals.join(' ')}.`)
  const datasets = values.only.split(',').map((name) => {
    const known = names.find((candidate) => candidate === name.trim())
    if (known === undefined) throw new Error(`There is no dataset ${JSON.stringify(name)}.`)
    return known
  })
  return {
    rows: wholeNumber('rows', values.rows),
    repeats: wholeNumber('repeats', values.repeats),
    datasets,
    scaling: values.scaling,
    steps: values.steps,
    alone: values.alone,
    isPeers: what === 'peers',
    peers: values.peer.map(peerOf),
    timeline: what === 'timeline',
    start: what === 'start',
    tables: what === 'tables' ? wholeNumber('tables', values.tables) : null,
    dataFolder: values.data ?? null,
    jobs: values.jobs === undefined ? null : wholeNumber('jobs', values.jobs),
    live:
      what !== 'live'
        ? null
        : {
            megabytes: wholeNumber('megabytes', values.megabytes),
            seconds: wholeNumber('seconds', values.seconds),
            perSecond: wholeNumber('rate', values.rate),
          },
  }
}

function peerOf(text: string): { readonly name: string; readonly path: string } {
  const at = text.indexOf('=')
  if (at < 1) throw new Error(`--peer takes NAME=PATH, not ${text}.`)
  return { name: text.slice(0, at), path: text.slice(at + 1) }
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text.replaceAll('_', ''))
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${name} takes a whole number, not ${text}.`)
  return value
}
