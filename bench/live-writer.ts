/**
 * The application of the live bench: commits a given number of transactions a second to SQLite or PostgreSQL, timing each. A program of its
 * own; when it gets SIGTERM, it prints as JSON how long each transaction took, in milliseconds.
 */
import { setTimeout } from 'node:timers/promises'
import Database from 'better-sqlite3'
import pg from 'pg'

export type WriterOrder = {
  /** A SQLite file, or the URL of a PostgreSQL database. */
  readonly into: string
  readonly perSecond: number
}

/** `lastAt`: the time of the last acknowledged transaction, in epoch milliseconds. */
export type Written = { readonly took: readonly number[]; readonly lastAt: number }

const order = JSON.parse(process.argv[2]!) as WriterOrder
const took: number[] = []
let lastAt = 0
let stopped = false
process.once('SIGTERM', () => {
  stopped = true
})

const write = await opened(order.into)
const startedAt = performance.now()
for (let number = 0; !stopped; number++) {
  const due = startedAt + (number * 1000) / order.perSecond
  const early = due - performance.now()
  if (early > 0) await setTimeout(early)
  const before = performance.now()
  try {
    await write(number)
    took.push(performance.now() - before)
    lastAt = performance.timeOrigin + performance.now()
  } catch (error) {
    // The application ends when it meets a fence.
    if (!stopped) process.stderr.write(`the writer ends: ${(error as Error).message}\n`)
    stopped = true
  }
}
process.stdout.write(`${JSON.stringify({ took, lastAt } satisfies Written)}\n`)
process.exit(0)

async function opened(into: string): Promise<(number: number) => Promise<unknown>> {
  if (into.startsWith('postgres')) {
    const client = new pg.Client({ connectionString: into })
    await client.connect()
    return (number) =>
      number % 2 === 0
        ? client.query('insert into public.trades (at, symbol, price, note) values ($1, $2, $3, $4)', [
            new Date().toISOString(),
            'NEW',
            number,
            'written live',
          ])
        : client.query('update public.trades set price = $1 where id = $2', [number, (number % 1000) + 1])
  }
  const db = new Database(into)
  db.pragma('busy_timeout = 5000')
  const insert = db.prepare('insert into trades (at, symbol, price, note) values (?, ?, ?, ?)')
  const update = db.prepare('update trades set price = ? where id = ?')
  return async (number) =>
    number % 2 === 0
      ? insert.run(new Date().toISOString(), 'NEW', number, 'written live')
      : update.run(number, (number % 1000) + 1)
}
