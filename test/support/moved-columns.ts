/** Moves tables of one column each by the automatic mapping and compares them fully: the resulting types and values. */
import { expect } from 'vitest'
import type { Report } from '../../src/engine/model/report.ts'
import { anyServer } from './databases.ts'
import { runForTest } from './run.ts'
import { inScene } from './scene.ts'

/** `shown`: the target's values as the server prints them in UTC, separated by `|`. */
export type MovedColumn = readonly [declared: string, values: string, type: string, shown: string]

/** Returns the run's report. */
export async function expectMoved(
  cases: Readonly<Record<string, MovedColumn>>,
  { constraint = '' } = {},
): Promise<Report> {
  const sql = Object.entries(cases)
    .map(
      ([name, [declared, values]]) =>
        `create table ${name} (v ${declared} ${constraint}); insert into ${name} values ${values};`,
    )
    .join('\n')
  let moved: Report | null = null
  await inScene(anyServer().url, { name: 'app.db', sql }, async ({ file, workFolder, url, connection }) => {
    const { report } = await runForTest({
      sources: [file],
      url,
      workFolder,
      request: { mapping: 'auto', verifyLevel: 'full' },
    })
    expect([report?.status, report?.verify.differences]).toEqual(['ok', []])
    await connection.execute("set timezone = 'UTC'")
    const found: Record<string, readonly [string, string]> = {}
    for (const name of Object.keys(cases)) {
      const { type, shown } = await connection.queryOne<{ type: string; shown: string }>(
        `select min(pg_typeof(v)::text) as type, string_agg(v::text, '|' order by ctid) as shown from public.${name}`,
      )
      found[name] = [type, shown]
    }
    expect(found).toEqual(
      Object.fromEntries(Object.entries(cases).map(([name, [, , type, shown]]) => [name, [type, shown]])),
    )
    moved = report
  })
  return moved!
}
