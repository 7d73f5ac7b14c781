import { afterAll, describe, expect, it } from 'vitest'
import { hazardsOf } from '../../../src/engine/queries/detect.ts'
import { differences } from '../../../src/engine/queries/differences.ts'
import { withPlainTexts } from '../../../src/engine/queries/double-quotes.ts'
import { reasonOfRefusal } from '../../../src/engine/queries/refusals.ts'
import { refusalOn, runOn } from '../../../src/engine/queries/sqlite-side.ts'
import { openMemory } from '../../../src/engine/source/base/sqlite.ts'
import { connect } from '../../../src/engine/target/connection/connection.ts'
import { runForeign } from '../../../src/engine/target/guards/foreign-statement.ts'
import { forEachServerNightly, freshDatabase } from '../../support/databases.ts'

const shown = (value: unknown): string =>
  value === null ? 'NULL' : value instanceof Uint8Array ? Buffer.from(value).toString() : String(value)

const session = { searchPath: ['public'], timezone: 'UTC', timeoutMs: 10_000, isReadOnly: true }

forEachServerNightly(({ url }) => {
  describe('the table of differences', async () => {
    const db = openMemory()
    const database = await freshDatabase(url, undefined, "locale_provider icu icu_locale 'en-US'")
    const connection = await connect(database.address)
    afterAll(async () => {
      db.close()
      await connection.end()
      await database.drop()
    })

    it.each(differences.map((one) => [one.code, one] as const))('%s', async (_, difference) => {
      const { sql } = withPlainTexts(difference.example, (text) => refusalOn(db, text))
      const sqlite = runOn(db, sql, [])
      const ofSqlite =
        sqlite.kind === 'error' ? 'error' : sqlite.rows.map((row) => row.map(shown).join('|')).join('|')
      expect(ofSqlite).toBe(difference.sqlite)
      const [postgres] = await runForeign(connection, [{ sql: difference.example, parameters: [] }], session)
      const ofPostgres =
        postgres?.kind === 'error'
          ? `error ${postgres.sqlstate}`
          : (postgres?.rows.map((row) => row.map(shown).join('|')).join('|') ?? '')
      expect(ofPostgres).toBe(difference.postgres)
      if (postgres?.kind !== 'error') return
      const hazards = hazardsOf(difference.example, {
        tables: [],
        hasByteOrder: true,
        isTimeText: () => false,
      })
      // The server says no more of a text in a sum than of one in a comparison.
      const code = difference.code === 'text-arithmetic' ? 'mixed-types' : difference.code
      expect(reasonOfRefusal(postgres, hazards).code).toBe(code)
    })
  })
})
