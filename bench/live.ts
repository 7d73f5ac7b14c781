/**
 * `npm run bench -- live`: an application keeps writing while its database is followed, while its changes in PostgreSQL are brought back,
 * and while it is moved back. Measures how long its transactions wait, and the lag of the other side; also the same by hand: stop, copy,
 * start.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import pg from 'pg'
import type { WriterOrder, Written } from './live-writer.ts'
import type { BenchServer } from './server.ts'

type LiveOptions = { readonly megabytes: number; readonly seconds: number; readonly perSecond: number }

type Line = readonly [what: string, milliseconds: string]

const program = fileURLToPath(new URL('../bin/gpt-migrate.js', import.meta.url))
const writer = fileURLToPath(new URL('./live-writer.ts', import.meta.url))
const NOTE = 'x'.repeat(160)

export async function benchLive(
  server: BenchServer,
  folder: string,
  { megabytes, seconds, perSecond }: LiveOptions,
  say: (text: string) => void,
): Promise<readonly Line[]> {
  const lines: Line[] = []
  const note = (what: string, value: string): void => {
    lines.push([what, value])
    say(`  ${what}: ${value}`)
  }
  const data = join(folder, 'data')
  mkdirSync(data, { recursive: true })
  const file = join(data, 'app.db')
  say(`\nmaking a file of ${megabytes} MB`)
  makeFile(file, megabytes)
  await server.run('postgres', ['create database live'])
  const url = server.urlOf('live')
  const work = join(folder, 'work')
  const common = ['--target', url, '--work-folder', work]
  const size = `${Math.round(statSync(file).size / 1e6)} MB, ${perSecond} transactions a second`

  const alone = await written({ into: file, perSecond }, () => setTimeout(seconds * 1000))
  note(`SQLite, ${size}: a transaction alone, p50 · p99`, waits(alone))
  await finished(['--yes', '--source', data, '--verify', 'count', '--plain', ...common])
  const lags: number[] = []
  const followed = await written({ into: file, perSecond }, async () => {
    const follower = started(['follow', '--json', ...common], (event) => {
      if (event.type === 'round-committed' || event.type === 'follow-lag') lags.push(Number(event.lagMs))
    })
    await setTimeout(seconds * 1000)
    await stopped(follower, 'SIGINT')
  })
  note('  the same while it is followed', waits(followed))
  note('  lag of PostgreSQL, p50 · worst', `${ms(quantile(lags, 0.5))} · ${ms(Math.max(...lags))}`)

  const startedFile = join(folder, 'started')
  const moved = await witnessed({ into: file, perSecond }, async () => {
    await setTimeout(2_000)
    await finished([
      'cutover',
      '--yes',
      '--on-cutover',
      `date +%s%N > ${startedFile}`,
      '--no-fallback',
      ...common,
    ])
  })
  const startedAt = Number(readFileSync(startedFile, 'utf8')) / 1e6
  note(
    "cutover: from the application's last commit in SQLite to the start of the command",
    ms(startedAt - moved.lastAt),
  )

  const uncaptured = await written({ into: url, perSecond }, () => setTimeout(seconds * 1000))
  note('PostgreSQL: a transaction without the triggers, p50 · p99', waits(uncaptured))
  const back = join(folder, 'back')
  const beforeFirst = performance.now()
  await finished(['fallback', '--to', back, '--once', ...common])
  note('the first fallback, which makes the file and compares it whole', ms(performance.now() - beforeFirst))
  const behind: number[] = []
  const captured = await written({ into: url, perSecond }, async () => {
    const keeper = started(['fallback', '--to', back, '--json', ...common], () => {})
    await setTimeout(2_000)
    for (let sample = 0; sample < 10; sample++) behind.push(await lagOf(url, join(back, 'app.db'), sample))
    await stopped(keeper, 'SIGINT')
  })
  note('PostgreSQL: a transaction with the triggers, p50 · p99', waits(captured))
  note('lag of the fallback, p50 · worst', `${ms(quantile(behind, 0.5))} · ${ms(Math.max(...behind))}`)

  const fences: number[] = []
  for (let turn = 0; turn < 5; turn++) {
    await written({ into: url, perSecond }, async () => {
      await setTimeout(1_000)
      const { fencedMs } = JSON.parse(
        (
          await finished([
            'cutover',
            '--back',
            '--to',
            back,
            '--on-cutover',
            'true',
            '--yes',
            '--json',
            ...common,
          ])
        )
          .trim()
          .split('\n')
          .at(-1)!,
      ) as { fencedMs: number }
      fences.push(fencedMs)
    })
    await finished(['cutover', '--back', '--keep', 'postgres', '--yes', ...common])
  }
  note(
    'cutover --back: from the fence to the start of the command, p50 · worst of 5',
    `${ms(quantile(fences, 0.5))} · ${ms(Math.max(...fences))}`,
  )
  const byHand = performance.now()
  await finished(['export', '--to-sqlite', join(folder, 'by-hand'), ...common])
  note('by hand: the application stopped while everything is exported anew', ms(performance.now() - byHand))
  rmSync(data, { recursive: true, force: true })
  return lines
}

function makeFile(file: string, megabytes: number): void {
  const db = new Database(file)
  db.pragma('journal_mode = wal')
  db.exec(
    'create table trades (id integer primary key, at text not null, symbol text not null, price real, note text)',
  )
  const insert = db.prepare('insert into trades (at, symbol, price, note) values (?, ?, ?, ?)')
  const rows = Math.round((megabytes * 1e6) / 220)
  db.transaction(() => {
    for (let row = 0; row < rows; row++) {
      const at = new Date(1_700_000_000_000 + row * 1000).toISOString()
      insert.run(at, `S${row % 40}`, 100 + (row % 977) / 8, NOTE)
    }
  })()
  db.close()
}

/** How long each of the writer's transactions took during `work`. */
async function written(order: WriterOrder, work: () => Promise<unknown>): Promise<readonly number[]> {
  return (await witnessed(order, work)).took
}

async function witnessed(order: WriterOrder, work: () => Promise<unknown>): Promise<Written> {
  const child = spawn(process.execPath, [writer, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said = outputOf(child)
  await setTimeout(300)
  await work()
  child.kill('SIGTERM')
  return JSON.parse(await said) as Written
}

/** The time from a commit in PostgreSQL until the file shows it. */
async function lagOf(url: string, file: string, sample: number): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const note = `sample ${sample} ${Date.now()}`
  await client.query(`update public.trades set note = $1 where id = 1`, [note])
  const committedAt = performance.now()
  await client.end()
  const db = new Database(file, { readonly: true })
  const read = db.prepare('select note from trades where id = 1').pluck()
  while (!isNow(() => read.get(), note)) await setTimeout(5)
  db.close()
  return performance.now() - committedAt
}

function isNow(read: () => unknown, wanted: string): boolean {
  try {
    return read() === wanted
  } catch {
    // A round is being written.
    return false
  }
}

type Event = { readonly type: string; readonly lagMs?: unknown }

function started(args: readonly string[], onEvent: (event: Event) => void): ChildProcess {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let rest = ''
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop()!
    for (const line of parts) if (line.startsWith('{')) onEvent(JSON.parse(line) as Event)
  })
  return child
}

async function stopped(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await ended
}

/** Runs the program to its end; throws with its output when it failed. */
async function finished(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = outputOf(child)
  const code = await new Promise((resolve) => child.once('exit', resolve))
  const text = await said
  if (code !== 0) throw new Error(`gpt-migrate ${args.join(' ')} ended with ${String(code)}:\n${text}`)
  return text
}

async function outputOf(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout!.setEncoding('utf8')) text += chunk
  return text
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

const ms = (value: number): string =>
  value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value).toLocaleString('en-US')} ms`
const waits = (took: readonly number[]): string => `${ms(quantile(took, 0.5))} · ${ms(quantile(took, 0.99))}`
