/** A run whose source an application keeps writing to, and its cut-over, in the test's own process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RunControl } from '../../src/engine/events/control.ts'
import type { RunEvent } from '../../src/engine/model/event.ts'
import { cutOver } from '../../src/engine/run/cut-over/cut-over.ts'
import type { CutOverRequest } from '../../src/engine/run/cut-over/cut-over-record.ts'
import { openReadOnly, openWritable } from '../../src/engine/source/base/sqlite.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { anyServer, type FreshDatabase, freshDatabase } from './databases.ts'
import { temporaryFolder } from './folders.ts'
import { runForTest } from './run.ts'

export type Scene = {
  readonly database: FreshDatabase
  readonly folder: string
  readonly file: string
  readonly workFolder: string
  readonly events: RunEvent[]
  cutOver(
    request?: Partial<CutOverRequest>,
    control?: RunControl,
    onEvent?: (event: RunEvent) => void,
  ): ReturnType<typeof cutOver>
}

const writerFile = fileURLToPath(new URL('./writer.ts', import.meta.url))

const writers: ChildProcess[] = []

/** Starts an application that writes until its scene ends; resolves when it has committed something. */
export async function startWriter(
  file: string,
  { pauseMs = 15, patienceMs = 3000 } = {},
): Promise<ChildProcess & { readonly said: () => string }> {
  const child = spawn(process.execPath, [writerFile, file, String(pauseMs), String(patienceMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += chunk
  })
  writers.push(child)
  await once(child.stdout, 'data')
  return Object.assign(child, { said: () => said })
}

export async function inScene(
  journalMode: 'wal' | 'delete',
  body: (scene: Scene) => Promise<void>,
  given?: { readonly workFolder: string },
): Promise<void> {
  const folder = temporaryFolder()
  const file = join(folder, 'app.db')
  const db = openWritable(file)
  db.pragma(`journal_mode = ${journalMode}`)
  db.exec(`
    create table orders(id integer primary key autoincrement, code text, price real, note text);
    create table fills(id integer primary key, order_id integer references orders(id), quantity integer);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)
      insert into orders(code, price) select 'c' || i, i from n;
    insert into fills(order_id, quantity) select id, 1 from orders where id > 400 and id % 50 = 0`)
  db.close()
  const database = await freshDatabase(anyServer().url)
  const workFolder = given?.workFolder ?? join(folder, 'work')
  await runForTest({ sources: [file], url: database.url, workFolder })
  const events: RunEvent[] = []
  try {
    await body({
      ...{ database, folder, file, workFolder, events },
      cutOver: (request = {}, control = new RunControl(), onEvent = () => {}) =>
        cutOver(
          {
            target: { target: database.url, role: null, env: {}, workFolder, port: null },
            run: null,
            onCutover: null,
            beforeCutover: null,
            onAbort: null,
            withinMs: 10_000,
            fenceMs: 20_000,
            holdMs: 60_000,
            acceptsQuarantine: false,
            exclude: [],
            keepsFallback: true,
            isDry: false,
            ...request,
          },
          {
            control,
            emit: (event) => {
              events.push(event)
              onEvent(event)
            },
          },
        ),
    })
  } finally {
    // Not in a hook: this module is loaded once for many test files, and a hook would belong to the first.
    for (const writer of writers.splice(0)) writer.kill('SIGKILL')
    await database.drop()
  }
}

export async function rowsInTarget({ database }: Scene): Promise<readonly { readonly code: unknown }[]> {
  await using connection = await connect(database.address)
  const { rows } = await connection.query<{ code: unknown }>(
    'select id::float8 as id, code, price, note from public.orders order by 1',
  )
  return rows
}

export function rowsInSource({ file }: Scene): readonly unknown[] {
  using db = openReadOnly(file)
  return db.prepare('select id, code, price, note from orders order by id').all()
}

export async function stateOf({ database }: Scene): Promise<string> {
  await using connection = await connect(database.address)
  return (await connection.queryOne<{ state: string }>('select state from gpt_migrate.follow')).state
}

/** Whether an application could write to the file now. */
export function canWrite(file: string): boolean {
  const db = openWritable(file)
  try {
    db.pragma('busy_timeout = 0')
    db.exec('begin immediate; rollback')
    return true
  } catch {
    return false
  } finally {
    db.close()
  }
}
