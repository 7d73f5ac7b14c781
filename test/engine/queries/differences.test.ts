import { afterAll, describe, expect, it } from 'vitest'
import { differences } from '../../../src/engine/queries/differences.ts'
import { withPlainTexts } from '../../../src/engine/queries/double-quotes.ts'
import { prepareOn, runOn } from '../../../src/engine/queries/sqlite-side.ts'
import { openMemory } from '../../../src/engine/source/base/sqlite.ts'
import { resolveTarget } from '../../../src/engine/target/address/address.ts'
import { connect } from '../../../src/engine/target/connection/connection.ts'
import { runForeign } from '../../../src/engine/target/guards/foreign-statement.ts'
import { forEachServerNightly } from '../../support/databases.ts'

const shown = (value: unknown): string =>
  value === null ? 'NULL' : value instanceof Uint8Array ? Buffer.from(value).toString() : String(value)

const session = { searchPath: ['public'], timezone: 'UTC', timeoutMs: 10_000, isReadOnly: true }

forEachServerNightly(({ url }) => {
  describe('the table of differences', async () => {
    const db = openMemory()
    const connection = await connect(resolveTarget({ target: url, env: {} }))
    afterAll(async () => {
      db.close()
      await connection.end()
    })

    it.each(differences.map((one) => [one.code, one] as const))('%s', async (_, difference) => {
      const { sql } = withPlainTexts(difference.example, (text) => prepareOn(db, text))
      const sqlite = runOn(db, sql, [])
      const ofSqlite =
        sqlite.kind === 'error' ? 'error' : sqlite.rows.map((row) => row.map(shown).join('|')).join('|')
      expect(ofSqlite).toBe(difference.sqlite)
      const inLanguage = 'needsLanguageOrder' in difference
      const example = inLanguage ? `${difference.example} collate "en-x-icu"` : difference.example
      const [postgres] = await runForeign(connection, [{ sql: example, parameters: [] }], session)
      const ofPostgres =
        postgres?.kind === 'error'
          ? `error ${postgres.sqlstate}`
          : (postgres?.rows.map((row) => row.map(shown).join('|')).join('|') ?? '')
      expect(ofPostgres).toBe(difference.postgres)
    })
  })
})
