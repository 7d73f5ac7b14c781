/**
 * The verifier has teeth: every planted fault is found at level `checksum`, and `full` names table, column and both values of those
 * in cells. The migrated database is copied for each.
 */

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSampleDatabases } from '../../src/engine/demo/sample-databases.ts'
import { RunControl } from '../../src/engine/events/control.ts'
import type { VerifyLevel } from '../../src/engine/model/report.ts'
import { verifyAgain } from '../../src/engine/run/past-runs/verify-again.ts'
import { resolveTarget } from '../../src/engine/target/address/address.ts'
import { isNight } from '../support/breadth.ts'
import { type FreshDatabase, forEachServerNightly, freshDatabase, onServer } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'
import { plantedFaults } from './planted-faults.ts'

function writeNotes(file: string): void {
  const db = new Database(file)
  db.exec(`
    create table notes (id integer primary key, title text, body text, day date, ratio real, data blob, done boolean, zero);
    create unique index notes_title on notes (title);
    create table loose (a, b text);
    insert into notes values
      (1, 'one', 'caf' || char(233), '2024-02-29', 0.1, x'00ff', 1, 0.5), (2, 'two', null, '2024-01-01', 0.25, null, 0, -0.0),
      (3, 'three', '', null, 1e300, x'', null, null), (4, 'four', 'a' || char(0), null, null, null, null, null);
    insert into loose values (1, 'x'), (1, 'x'), (2, 'y'), (3, 'z')`)
  db.close()
}

type Found = { readonly ok: boolean; readonly sumsAgree: boolean; readonly said: string }

forEachServerNightly((server) => {
  const folder = temporaryFolder()
  const serverAddress = resolveTarget({ target: server.url, env: {} })
  let migrated: FreshDatabase
  let name: string

  beforeAll(async () => {
    const sources = join(folder, 'databases')
    createSampleDatabases({ folder: sources, rows: 600, seed: 7 })
    writeNotes(join(sources, 'notes.db'))
    migrated = await freshDatabase(server.url)
    name = new URL(migrated.url).pathname.slice(1)
    const { report } = await runForTest({
      sources: [sources],
      url: migrated.url,
      workFolder: folder,
      options: { exact: true },
    })
    expect(report?.status).toBe('quarantined')
  })
  afterAll(() => migrated.drop())

  /** What verification says of a copy of the database after `sql`. */
  async function verifyCopy(sql: string, level: VerifyLevel): Promise<Found> {
    const copy = `t_${randomBytes(6).toString('hex')}`
    await onServer(serverAddress, `create database ${copy} template ${name}`)
    const url = new URL(server.url)
    url.pathname = `/${copy}`
    try {
      const client = new pg.Client({ connectionString: url.href })
      await client.connect()
      await client.query(sql).finally(() => client.end())
      const target = { target: url.href, env: {}, workFolder: folder, port: null }
      const request = { target, run: null, level, jobs: 1, repair: false }
      const { ok, tables, differences, checks } = await verifyAgain(request, {
        control: new RunControl(),
        emit: () => {},
      }).catch((error: Error) => ({ ok: false, tables: [], differences: [error.message], checks: [] }))
      const failed = checks.filter((check) => !check.ok)
      return {
        ok,
        sumsAgree: tables.every(({ match }) => match),
        said: [...differences, ...failed].map((said) => JSON.stringify(said)).join('\n'),
      }
    } finally {
      await onServer(serverAddress, `drop database ${copy} with (force)`)
    }
  }

  it('an undisturbed target is found to be right', async () => {
    for (const level of ['checksum', 'full'] as const) {
      expect(await verifyCopy('select 1', level)).toEqual({ ok: true, sumsAgree: true, said: '' })
    }
  })

  // By day every eighth one: each verifies the whole target.
  const faults = plantedFaults.filter((_, index) => isNight || index % 8 === 0)
  it.each(faults)('$danger', async ({ sql, said, area }) => {
    const found = await verifyCopy(sql, area === 'cells' ? 'full' : 'checksum')
    expect(found.ok).toBe(false)
    expect(found.said).toMatch(said)
    // The checksums alone have found it.
    if (area === 'cells') expect(found.sumsAgree).toBe(false)
  })
})
