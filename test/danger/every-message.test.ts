/**
 * The connection fails at the first message to the server, at the second, … until a run ends undisturbed: the same command then
 * finishes what is left, and the target is what an undisturbed run leaves. By day at some of the messages, by night at all.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MigrateError } from '../../src/engine/model/errors.ts'
import type { Report } from '../../src/engine/model/report.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { faultPoints } from '../support/breadth.ts'
import { anyServer, type FreshDatabase, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { type JournalState, stateOf } from '../support/journal-state.ts'
import { runForTest } from '../support/run.ts'
import { type Fault, type StatementProxy, startStatementProxy } from '../support/statement-proxy.ts'

const server = anyServer()
const folder = temporaryFolder()
const source = join(folder, 'small.db')
let proxy: StatementProxy
let undisturbed: JournalState
let messages: number

function writeSource(): void {
  const db = openWritable(source)
  db.pragma('foreign_keys = off')
  db.exec(`
    create table people (id integer primary key autoincrement, name text not null unique, since datetime);
    create table orders (
      id integer primary key, person_id integer references people (id), amount numeric(10, 2), note text, check (amount >= 0)
    );
    create index orders_by_person on orders (person_id);
    create table loose (note text, value real);
    create view of_people as select p.name, count(*) as orders from people p join orders o on o.person_id = p.id group by p.name;
    insert into people (name, since) values ('Ada', '2025-01-01 10:00:00'), ('Bob', '2025-02-01'), ('Cy', null);
    insert into orders values (1, 1, 10, 'plain'), (2, 2, 0.5, null), (3, 1, 7, 'a' || char(0) || 'b'), (4, 77, null, '');
    insert into loose values ('x', 1.5), ('x', 1.5), ('y' || char(0), null)`)
  db.close()
}

/** The migration through the proxy; what it throws is its outcome, too. */
async function run(target: FreshDatabase, workFolder: string): Promise<Report | MigrateError> {
  const url = new URL(target.url)
  url.port = String(proxy.port)
  try {
    const { report } = await runForTest({
      sources: [source],
      url: url.href,
      workFolder,
      options: { exact: true, views: true },
      request: { jobs: 1, mapping: 'auto' },
    })
    return report!
  } catch (error) {
    if (error instanceof MigrateError) return error
    throw error
  }
}

const isWhole = (outcome: Report | MigrateError): boolean =>
  'status' in outcome && outcome.status === 'quarantined'

beforeAll(async () => {
  writeSource()
  const { hostname, port } = new URL(server.url)
  proxy = await startStatementProxy({ host: hostname, port: Number(port) })
  const whole = await freshDatabase(server.url)
  try {
    const outcome = await run(whole, join(folder, 'whole'))
    expect(outcome).toMatchObject({
      status: 'quarantined',
      exitCode: 8,
      verify: { ok: true, differences: [] },
    })
    messages = proxy.seen
    undisturbed = await stateOf(whole)
    expect(undisturbed.quarantine).toHaveLength(2)
  } finally {
    await whole.drop()
  }
})
afterAll(() => proxy.close())

it.each<[string, Fault]>([
  ['the connection is cut', { kind: 'cut' }],
  ['the answer is lost with the connection', { kind: 'lose-answer' }],
  ['the disk of the server is full', { kind: 'error', sqlstate: '53100' }],
  ['the server is shut down', { kind: 'error', sqlstate: '57P01' }],
])('%s', { timeout: 60_000 + faultPoints * 5_000 }, async (name, fault) => {
  const step = Math.max(1, messages / faultPoints)
  const told: unknown[] = []
  for (let point = 1; point <= messages; point += step) {
    const at = Math.floor(point)
    const target = await freshDatabase(server.url)
    try {
      const work = join(folder, `${fault.kind}-${name}-${at}`)
      proxy.arm(fault, at)
      const outcome = await run(target, work)
      const { struck } = proxy
      const where = `${name} at message ${at} of ${messages}: ${struck}`
      proxy.arm(null, 0)
      if (!isWhole(outcome)) {
        const error = 'status' in outcome ? outcome.error : outcome
        const exitCode = 'status' in outcome ? outcome.exitCode : null
        told.push([at, struck, error?.code, exitCode])
        expect(error?.code, where).not.toBe('bug')
        expect(error?.message, where).toMatch(/\.$/)
        const again = await run(target, work)
        expect(again, where).toMatchObject({ status: 'quarantined', verify: { ok: true, differences: [] } })
      }
      expect(await stateOf(target), where).toEqual(undisturbed)
    } finally {
      await target.drop()
    }
  }
  console.info(told.map((one) => JSON.stringify(one)).join('\n'))
})
