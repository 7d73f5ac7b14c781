import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import type { QueriesReport } from '../../src/engine/model/queries.ts'
import { judgeQueries } from '../../src/engine/run/judge-queries.ts'
import { forEachServer } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'
import { inScene, type Scene } from '../support/scene.ts'

const tables = `
  create table users (id integer primary key, name text not null, email text unique, active boolean not null, score real);
  create table trades (id integer primary key, user_id integer references users(id), symbol text not null, price numeric(10,2), qty integer, at timestamp);
  insert into users values (1, 'ann', 'a@x', 1, 1.5), (2, 'bob', null, 0, null), (3, 'cyd', 'c@x', 1, 2.5);
  insert into trades values (1, 1, 'BTC', 10.5, 2, '2024-01-01 10:00:00'), (2, 1, 'ETH', 20, 3, '2024-01-02 10:00:00'),
    (3, 2, 'BTC', 7, 0, '2024-02-01 10:00:00');`

async function judge({ file, workFolder, url }: Scene, code: string): Promise<QueriesReport> {
  await runForTest({ sources: [file], url, workFolder })
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'app.py'), code)
  return judgeQueries(
    {
      target: { target: url, env: {}, workFolder, port: null },
      run: null,
      paths: [folder],
      allowWrites: false,
      known: {},
    },
    { control: new RunControl(), emit: () => {} },
  )
}

forEachServer(({ url }) => {
  it('finds statements in a program and says of each what it does on the target', async () => {
    await inScene(url, { name: 'app.db', sql: tables }, async (scene) => {
      const report = await judge(
        scene,
        `
HELP = "Select a file to open"
c.execute("SELECT id, name FROM users WHERE id = ?", (1,))
c.execute("SELECT t.id, u.name FROM trades t JOIN users u ON u.id = t.user_id ORDER BY t.id")
c.execute("SELECT name FROM users WHERE name LIKE 'ann%'")
c.execute("SELECT id FROM users WHERE active = 1")
c.execute("INSERT OR REPLACE INTO users (id, name, active) VALUES (?, ?, ?)", row)
c.execute("PRAGMA foreign_keys = ON")
c.execute("SELECT * FROM gone")
c.execute(f"SELECT count(*) FROM {table}")
`,
      )
      const told = report.statements.map(({ origins, verdict, reasons }) => [
        origins[0]!.line,
        verdict,
        reasons,
      ])
      expect(told.toSorted(([a], [b]) => Number(a) - Number(b))).toEqual([
        [3, 'same', []],
        [4, 'same', []],
        [5, 'differs', ['like-case']],
        [6, 'fails', ['boolean-number']],
        [7, 'fails', ['insert-or']],
        [8, 'not-judged', ['pragma']],
        [9, 'not-judged', ['no-such-table']],
        [10, 'same', ['dynamic']],
      ])
      expect(report.exitCode).toBe(9)
    })
  })
})
