/** Every rewrite that the translator proposes for the planted differences, run on generated tables on both sides. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { listRuns, readRun } from '../../src/engine/journal/journal.ts'
import { compareLong } from '../../src/engine/queries/compare/compare-long.ts'
import type { TrySides } from '../../src/engine/queries/compare/try-sides.ts'
import { Patience } from '../../src/engine/queries/statement/patience.ts'
import { type KnownColumn, knownDatabases, tablesIn } from '../../src/engine/queries/tables/known-tables.ts'
import { meetingsOf } from '../../src/engine/queries/tables/met-columns.ts'
import { drawParameters, type SampleRow } from '../../src/engine/queries/trial/parameters.ts'
import { trialOfRows, withCommonTables } from '../../src/engine/queries/trial/trial-rows.ts'
import { rewriteParsedWrite, rewriteRead } from '../../src/engine/queries/try/rewrite.ts'
import { tryOnMadeRows } from '../../src/engine/queries/try/try-made-write.ts'
import { tryRead } from '../../src/engine/queries/try/try-read.ts'
import type { SourceValue } from '../../src/engine/rows/meaning/source-value.ts'
import { openReadOnly } from '../../src/engine/source/base/sqlite.ts'
import { rewrittenTables, seed } from '../support/breadth.ts'
import { anyServer } from '../support/databases.ts'
import { runForTest } from '../support/run.ts'
import { inScene } from '../support/scene.ts'
import { planted, plantedTables, plantedWrites } from './planted-queries.ts'

const letters = fc.string({ unit: fc.constantFrom(...'aAbBcCeE éßxX-_%01'), maxLength: 6 })
const words = fc.constantFrom(
  'ann',
  'Ann',
  'ANN',
  'rome',
  'ROME',
  'btc',
  'BTC',
  'buy',
  'ok',
  '',
  '5',
  '12abc',
)
const halves = fc.integer({ min: -400, max: 400 }).map((quarter) => quarter / 4)
const whole = fc.integer({ min: -50, max: 50 }).map(BigInt)

function valuesOf(column: KnownColumn): fc.Arbitrary<SourceValue> {
  const values = ((): fc.Arbitrary<SourceValue> => {
    switch (column.target?.conversion.kind) {
      case 'text':
        return fc.oneof(letters, words)
      case 'integer':
        return whole
      case 'double':
        return fc.oneof(halves, whole.map(Number))
      case 'numeric':
        return fc.oneof(halves, whole)
      case 'boolean':
        return fc.constantFrom(0n, 1n)
      case 'timestamp':
        return fc
          .date({ min: new Date('2023-12-30'), max: new Date('2024-04-03'), noInvalidDate: true })
          .map((date) => date.toISOString().slice(0, 19).replace('T', ' '))
      default:
        return fc.constant(null)
    }
  })()
  return column.notNull ? values : fc.option(values, { freq: 4 })
}

const rowsOf = (columns: readonly KnownColumn[]): fc.Arbitrary<SampleRow[]> =>
  fc.array(fc.record(Object.fromEntries(columns.map((column) => [column.name, valuesOf(column)]))), {
    maxLength: 25,
  })

const timeout = 120_000 + rewrittenTables * 20_000

it('a rewrite gives the same rows on generated tables', { timeout }, async () => {
  const { url, major } = anyServer()
  const inLanguage = major >= 15 ? { collation: "locale_provider icu icu_locale 'en-US'" } : {}
  await inScene(
    url,
    { name: 'app.db', sql: plantedTables, ...inLanguage },
    async ({ file, url: target, workFolder, connection }) => {
      await runForTest({ sources: [file], url: target, workFolder })
      const record = (await readRun(connection, (await listRuns(connection))[0]!.run))!
      const [database] = knownDatabases(record.plan, record.catalogs)
      const db = openReadOnly(record.snapshots[0]!.file, { immutable: true })
      const session = { searchPath: ['public'], timezone: 'UTC', timeoutMs: 20_000, isReadOnly: true }
      let rewritten = 0
      for (const sql of Object.values(planted).flat()) {
        const rewrite = rewriteRead(sql, {
          plan: record.plan,
          database: database!,
          db,
          major: connection.major,
          searchPath: ['public'],
        })
        if (rewrite.kind === 'none') continue
        rewritten++
        const tables = tablesIn(sql, database!)
        const meetings = meetingsOf(sql, tables)
        await fc.assert(
          fc.asyncProperty(fc.tuple(...tables.map(({ columns }) => rowsOf(columns))), async (given) => {
            const trial = trialOfRows(tables, (table) => given[tables.indexOf(table)]!)!
            const lists = drawParameters(meetings, {
              rows: (table) => trial.rows.get(table)!.slice(0, 3),
              members: (table) => trial.rows.get(table)!,
              range: () => [],
            })
            const sides: TrySides = {
              db: trial.db,
              connection,
              session,
              tables,
              zone: 'UTC',
              decorate: (text) => withCommonTables(text, trial.commonTables),
              isTrial: true,
            }
            for (const list of lists.slice(0, 3)) {
              const texts = { sqlite: sql, postgres: rewrite.bare }
              const result = await tryRead(texts, list, sides)
              // A result of any length is compared the same way; LIMIT leaves ties open.
              if (list === lists[0] && !/ limit /.test(sql)) {
                const long = await compareLong(texts, list, sides)
                expect(long.kind, sql).toBe(result.kind)
              }
              // What the server does not take at all is never proposed.
              if (result.kind === 'refused' && result.sqlstate.startsWith('42')) return
              const isSame = result.kind === 'same' || result.kind === 'no-answer'
              expect(isSame, JSON.stringify([sql, rewrite.bare.sql, result], null, 1)).toBe(true)
            }
            trial.close()
          }),
          { seed, numRuns: rewrittenTables },
        )
      }
      db.close()
      expect(rewritten).toBeGreaterThan(30)
    },
  )
})

it('a rewrite of what writes leaves the same rows on generated tables', { timeout }, async () => {
  await inScene(
    anyServer().url,
    { name: 'app.db', sql: plantedTables },
    async ({ file, url: target, workFolder, connection }) => {
      await runForTest({ sources: [file], url: target, workFolder })
      const { plan, catalogs, snapshots } = (await readRun(connection, (await listRuns(connection))[0]!.run))!
      const [database] = knownDatabases(plan, catalogs)
      const db = openReadOnly(snapshots[0]!.file, { immutable: true })
      const session = { searchPath: ['public'], timezone: 'UTC', timeoutMs: 20_000, isReadOnly: true }
      const patience = new Patience()
      const ground = { plan, writing: connection, session, zone: 'UTC', patience } as never
      for (const sql of plantedWrites) {
        const tables = tablesIn(sql, database!)
        const rewrite = rewriteParsedWrite(sql, tables, {
          plan,
          database: database!,
          db,
          major: connection.major,
          searchPath: ['public'],
        })
        if (rewrite.kind === 'none') throw new Error(`${sql}: ${rewrite.why}`)
        const meetings = meetingsOf(sql, tables)
        await fc.assert(
          fc.asyncProperty(fc.tuple(...tables.map(({ columns }) => rowsOf(columns))), async (given) => {
            const trial = trialOfRows(tables, (table) => given[tables.indexOf(table)]!)!
            const lists = drawParameters(meetings, {
              rows: (table) => trial.rows.get(table)!.slice(0, 3),
              members: (table) => trial.rows.get(table)!,
              range: () => [],
            }).slice(0, 3)
            const one = { sql, sqliteSql: sql, tables, heldAt: null } as never
            const result = await tryOnMadeRows(rewrite.bare, one, { trial, lists }, ground)
            expect(result.kind, JSON.stringify([rewrite.bare.sql, result], textOf, 1)).toBe('same')
            trial.close()
          }),
          { seed, numRuns: rewrittenTables },
        )
      }
      db.close()
    },
  )
})

const textOf = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value instanceof Map ? [...value] : value
