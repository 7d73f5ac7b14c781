import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import { listRejects } from '../../src/engine/run/past-runs/list-target.ts'
import { retryTargetRejects } from '../../src/engine/run/past-runs/retry-target.ts'
import { verifyAgain } from '../../src/engine/run/past-runs/verify-again.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { checkStructure } from '../../src/engine/verify/check-structure.ts'
import { forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'

/** A model without its name is refused; a prediction (partitioned) and a version (not) refer to it. */
function writeSources(folder: string): void {
  mkdirSync(folder)
  const models = new Database(join(folder, 'ml_models.db'))
  models.exec(`
    create table models (model_id text primary key, model_name text, model_type text);
    insert into models values ('xgb_1', 'first', 'xgboost'), ('xgb_2', null, 'xgboost');
    create table model_versions (version_id text primary key, model_id text, version text);
    insert into model_versions values ('v1', 'xgb_1', '1'), ('v2', 'xgb_2', '1');`)
  models.close()
  const predictions = new Database(join(folder, 'ml_predictions.db'))
  predictions.exec(`
    create table predictions (prediction_id text primary key, model_id text, symbol text, prediction_date text, prediction_value real);
    insert into predictions values ('p1', 'xgb_1', 'AAPL', '2025-01-02', 0.5), ('p2', 'xgb_2', 'AAPL', '2025-01-02', 0.25);`)
  predictions.close()
}

forEachServerNightly((server) => {
  it('a refused parent: its children keep their references, which can be validated once it is there', async () => {
    const folder = temporaryFolder()
    const sources = join(folder, 'databases')
    writeSources(sources)
    const database = await freshDatabase(server.url)
    const connection = await connect(database.address)
    try {
      const { report, plan } = await runForTest({
        sources: [sources],
        url: database.url,
        workFolder: folder,
        options: { allowMissing: true },
      })
      expect(report?.verify.checks.filter(({ ok }) => !ok)).toEqual([])
      expect(report).toMatchObject({ status: 'quarantined', exitCode: 8, quarantine: { rows: 1 } })
      const forecast = report!.forecast!.unvalidated
      expect(forecast.map(({ table, rows, reason }) => [table, rows, reason])).toEqual([
        ['model_versions', 1, 'rows-in-quarantine'],
        ['predictions', 1, 'rows-in-quarantine'],
      ])
      const waiting = report!.findings.filter(({ code }) => code === 'reference-to-quarantine')
      expect(waiting.map(({ message }) => message).toSorted()).toEqual([
        expect.stringMatching(/^1 row of ml\.model_versions refers in model_id to 1 row of ml\.models in/),
        expect.stringMatching(/^1 row of ml\.predictions refers in model_id to 1 row of ml\.models in/),
      ])

      await expect(
        connection.query(
          `insert into ml.predictions (symbol, timestamp, model_id) values ('A', '2025-01-03', gen_random_uuid())`,
        ),
      ).rejects.toThrow(/foreign key/)
      const failing = async () =>
        (await checkStructure(connection, { run: report!.run, plan })).flatMap(({ name, ok }) =>
          ok ? [] : name,
        )

      // One more that is missing is not explained by one row in quarantine.
      await connection.query('set session_replication_role = replica')
      await connection.query(`delete from ml.models where source_model_id = 'xgb_1'`)
      await connection.query('reset session_replication_role')
      expect(await failing()).toEqual(['references ml.model_versions', 'references ml.predictions'])

      await connection.query(`insert into ml.models (model_id, model_name, model_type)
        select distinct model_id, 'mended', 'xgboost' from ml.model_versions`)
      for (const { hint } of waiting) await connection.query(hint!.slice(hint!.indexOf('alter table')))
      expect(await failing()).toEqual([])
    } finally {
      await connection.end()
      await database.drop()
    }
  })

  it('a parent that is loaded out of quarantine: the references that waited are validated, also in a cycle', async () => {
    const folder = temporaryFolder()
    const sources = join(folder, 'databases')
    writeSources(sources)
    const cycle = new Database(join(sources, 'cycle.db'))
    cycle.pragma('foreign_keys = off')
    cycle.exec(`
      create table a (id integer primary key, b integer references b (id), v text);
      create table b (id integer primary key, a integer not null references a (id), w text);
      insert into a values (1, 1, 'x'), (2, 2, 'bad' || char(0)), (3, 3, 'y');
      insert into b values (1, 1, 'p'), (2, 2, 'q'), (3, 3, 'r' || char(0))`)
    cycle.close()
    const database = await freshDatabase(server.url)
    const target = { target: database.url, env: {}, workFolder: folder, port: null }
    const retry = async (texts: Readonly<Record<string, object>>): Promise<number> => {
      const { entries } = await listRejects({ target, run: null })
      const lines = entries.map((entry) => ({ ...entry, cells: { ...entry.cells, ...texts[entry.tableId] } }))
      const file = join(folder, 'rejects.jsonl')
      writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'))
      return (await retryTargetRejects({ target, run: null, file })).loaded
    }
    const failing = async (): Promise<readonly string[]> => {
      const context = { control: new RunControl(), emit: () => {} }
      const { checks } = await verifyAgain(
        { target, run: null, level: 'full', jobs: 1, repair: false },
        context,
      )
      return checks.flatMap(({ name, ok }) => (ok ? [] : name))
    }
    try {
      await runForTest({
        sources: [sources],
        url: database.url,
        workFolder: folder,
        options: { allowMissing: true },
      })
      expect(
        await retry({
          'ml_models.db/models': { model_name: { text: 'second' } },
          'cycle.db/a': { v: { text: 'good' } },
        }),
      ).toBe(2)
      expect(await failing()).toEqual([])
      expect(await retry({ 'cycle.db/b': { w: { text: 'r' } } })).toBe(1)
      expect(await failing()).toEqual([])
      const connection = await connect(database.address)
      const open = `select conname from pg_constraint where contype = 'f' and not convalidated`
      const { rows } = await connection.query(open)
      await connection.end()
      expect(rows).toEqual([])
    } finally {
      await database.drop()
    }
  })
})
