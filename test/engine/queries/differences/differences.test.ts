import { afterAll, describe, expect, it } from 'vitest'
import { hazardsOf } from '../../../../src/engine/queries/differences/detect.ts'
import { differences } from '../../../../src/engine/queries/differences/differences.ts'
import { reasonOfRefusal } from '../../../../src/engine/queries/differences/refusals.ts'
import { withPlainTexts } from '../../../../src/engine/queries/sides/double-quotes.ts'
import { refusalOn, runOn } from '../../../../src/engine/queries/sides/sqlite-side.ts'
import { openMemory } from '../../../../src/engine/source/base/sqlite.ts'
import { functionsOfSelects } from '../../../../src/engine/sql/print/functions.ts'
import { timeFunctions } from '../../../../src/engine/sql/times/moments.ts'
import { connect } from '../../../../src/engine/target/connection/connection.ts'
import { runForeign } from '../../../../src/engine/target/guards/foreign-statement.ts'
import { forEachServerNightly, freshDatabase } from '../../../support/databases.ts'

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

    it('says nothing of a function that the application has added', () => {
      const message = 'function own(integer) does not exist'
      expect(reasonOfRefusal({ sqlstate: '42883', message }, []).code).toBe('refused-42883')
    })

    it('names every function that is translated and that the server does not have', async () => {
      const names = [
        ...Object.keys(functionsOfSelects),
        ...timeFunctions,
        'iif',
        'if',
        'total',
        'group_concat',
      ]
      const lacking = `select name from unnest($1::text[]) as name
        where name not in (select proname from pg_catalog.pg_proc union all select word from pg_get_keywords())`
      const parameters = [`{${names.join(',')}}`]
      const [outcome] = await runForeign(connection, [{ sql: lacking, parameters }], session)
      const rows = outcome?.kind === 'rows' ? outcome.rows : []
      expect(rows.length).toBeGreaterThan(15)
      for (const [name] of rows) {
        const message = `function ${name}(unknown) does not exist`
        expect([name, reasonOfRefusal({ sqlstate: '42883', message }, []).code]).not.toContain(
          'refused-42883',
        )
      }
    })
  })
})
