import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import type { JudgedStatement } from '../../src/engine/model/queries.ts'
import { judgeQueries } from '../../src/engine/run/queries/judge-queries.ts'
import { anyServer } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'
import { inScene } from '../support/scene.ts'
import { planted, plantedTables, rewritten, thatAreTheSame } from './planted-queries.ts'

/** By their text, before a list in it is filled. */
const judged = new Map<string, JudgedStatement>()

describe('planted differences of the dialects', () => {
  beforeAll(async () => {
    const { url, major } = anyServer()
    const inLanguage = major >= 15 ? { collation: "locale_provider icu icu_locale 'en-US'" } : {}
    await inScene(
      url,
      { name: 'app.db', sql: plantedTables, ...inLanguage },
      async ({ file, workFolder, url: target }) => {
        await runForTest({ sources: [file], url: target, workFolder })
        const folder = temporaryFolder()
        const all = [...Object.values(planted).flat(), ...rewritten, ...thatAreTheSame]
        writeFileSync(join(folder, 'app.sql'), all.map((sql) => `${sql};`).join('\n'))
        const { report } = await judgeQueries(
          {
            target: { target, env: {}, workFolder, port: null },
            run: null,
            paths: [folder],
            logs: [],
            sources: [],
            allowWrites: false,
            known: {},
          },
          { control: new RunControl(), emit: () => {} },
        )
        for (const statement of report.statements)
          for (const { line } of statement.origins) judged.set(all[line - 1]!, statement)
      },
    )
  }, 240_000)

  it.each(Object.entries(planted))('%s: each is found', (_, statements) => {
    const told = statements.map((sql) => [sql, judged.get(sql)?.verdict])
    expect(
      told.filter(([, verdict]) => verdict !== 'differs' && verdict !== 'fails' && verdict !== 'rewritten'),
    ).toEqual([])
  })

  it('has a rewrite for lists in JSON, REGEXP and the tables of an attached database', () => {
    const told = rewritten.map((sql) => [sql, judged.get(sql)?.verdict])
    expect(told.filter(([, verdict]) => verdict !== 'rewritten')).toEqual([])
    expect(judged.get(rewritten[0]!)?.detail).toContain('trades.tags at $.b[…]')
  })

  it('raises no alarm for statements that mean the same', () => {
    const alarms = thatAreTheSame.filter((sql) => judged.get(sql)?.verdict !== 'same')
    expect(alarms.map((sql) => [sql, judged.get(sql)?.verdict, judged.get(sql)?.reasons])).toEqual([])
  })
})
