import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import type { QueriesReport } from '../../src/engine/model/queries.ts'
import { renderQueries } from '../../src/engine/report/queries/render-queries.ts'
import { judgeQueries, type QueriesRequest } from '../../src/engine/run/queries/judge-queries.ts'
import { anyServer, forEachServerNightly } from '../support/databases.ts'
import { dumpTarget } from '../support/dump.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'
import { inScene, type Scene } from '../support/scene.ts'

const tables = `
  create table users (id integer primary key, name text not null, email text unique, active boolean not null, score real);
  create table trades (id integer primary key, user_id integer references users(id), symbol text not null, price numeric(10,2), qty integer, at timestamp);
  insert into users values (1, 'ann', 'a@x', 1, 1.5), (2, 'bob', null, 0, null), (3, 'cyd', 'c@x', 1, 2.5);
  insert into trades values (1, 1, 'BTC', 10.5, 2, '2024-01-01 10:00:00'), (2, 1, 'ETH', 20, 3, '2024-01-02 10:00:00'),
    (3, 2, 'BTC', 7, 0, '2024-02-01 10:00:00');`

type Given = { readonly code?: string; readonly log?: string } & Partial<
  Pick<QueriesRequest, 'allowWrites' | 'writesOnCopy' | 'known'>
>

/** Of a target that a run has filled. */
async function judge({ workFolder, url }: Scene, { code, log, ...given }: Given): Promise<QueriesReport> {
  const folder = temporaryFolder()
  if (code !== undefined) writeFileSync(join(folder, 'app.py'), code)
  if (log !== undefined) writeFileSync(join(folder, 'app.log'), log)
  const { report } = await judgeQueries(
    {
      target: { target: url, env: {}, workFolder, port: null },
      run: null,
      paths: code === undefined ? [] : [folder],
      logs: log === undefined ? [] : [join(folder, 'app.log')],
      sources: [],
      allowWrites: false,
      known: {},
      ...given,
    },
    { control: new RunControl(), emit: () => {} },
  )
  return report
}

function told({ statements }: QueriesReport): unknown[] {
  return statements
    .map(({ origins, verdict, reasons }) => [origins[0]!.line, verdict, reasons] as const)
    .toSorted(([a], [b]) => a - b)
}

const move = ({ file, url, workFolder }: Scene) => runForTest({ sources: [file], url, workFolder })

forEachServerNightly(({ url }) => {
  it('finds statements in a program and says of each what it does on the target', async () => {
    await inScene(url, { name: 'app.db', sql: tables }, async (scene) => {
      await move(scene)
      const report = await judge(scene, {
        code: `
HELP = "Select the file from the list. Delete from time to time; insert into nothing."; log.info(f"Delete from the cart ({x})"); log.info("DELETE FROM cart failed"); log.info("Update complete for user")
c.execute("SELECT id, name FROM users WHERE id = ?", (1,))
c.execute("SELECT t.id, u.name FROM trades t JOIN users u ON u.id = t.user_id ORDER BY t.id")
c.execute("SELECT name FROM users WHERE name LIKE 'ann%'")
c.execute("SELECT id FROM users WHERE active = 1")
c.execute("INSERT OR REPLACE INTO users (id, name, active) VALUES (?, ?, ?)", row)
c.execute("PRAGMA foreign_keys = ON")
c.execute("SELECT * FROM gone")
c.execute(f"SELECT count(*) FROM {table}")
c.execute("SELECT id FROM trades WHERE at > datetime('now', '-1 day')")
c.execute("SELECT substr(name, -2, 1) FROM users")
c.execute("SELECT random() FROM users")
c.execute("SELECT name, ROUND(1.005, 2) FROM users")
c.executescript(f"SELECT id FROM users; SELECT name FROM users WHERE id = {x}")
User.objects.raw("SELECT id FROM users WHERE name = %s AND email <> '5%%'", [name])
c.execute(f"SELECT id FROM {table} WHERE id = %(id)s", {"id": 1})
c.execute(text("SELECT id FROM users WHERE id IN :ids"), {"ids": ids})
c.execute("SELECT user_id, group_concat(symbol) FROM (SELECT * FROM trades ORDER BY symbol DESC, id) GROUP BY user_id")
c.execute("CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)")
c.execute("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, body TEXT)")
c.execute("ALTER TABLE users ADD COLUMN nick TEXT")
c.execute("ALTER TABLE users ADD COLUMN score REAL")
c.execute("CREATE INDEX IF NOT EXISTS by_symbol ON trades (symbol COLLATE NOCASE)")
c.execute("CREATE TEMP TABLE picks AS SELECT id FROM users")
users.where("email LIKE ?", "a%"); shop.where("aisle = left", 1); users.where("name")
`,
      })
      expect(told(report)).toEqual([
        [3, 'same', []],
        [4, 'same', []],
        [5, 'rewritten', ['like-case']],
        [6, 'rewritten', ['boolean-number']],
        [7, 'fails', ['insert-or']],
        [8, 'not-judged', ['pragma']],
        [9, 'not-judged', ['no-such-table']],
        [10, 'same', ['dynamic']],
        [11, 'rewritten', ['time-function', 'clock']],
        [12, 'rewritten', ['negative-substr']],
        [13, 'not-judged', ['random']],
        [14, 'differs', ['values-differ']],
        [15, 'same', []],
        [15, 'same', ['dynamic']],
        [16, 'same', []],
        [17, 'same', ['dynamic']],
        [18, 'same', ['dynamic']],
        [19, 'rewritten', [expect.any(String)]],
        [20, 'not-judged', ['schema-statement', 'schema-there', 'schema-refused']],
        [21, 'not-judged', ['schema-statement', 'schema-new']],
        [22, 'not-judged', ['schema-statement', 'schema-new']],
        [23, 'not-judged', ['schema-statement', 'schema-there']],
        [24, 'not-judged', ['schema-statement', 'schema-new']],
        [25, 'not-judged', ['schema-statement', 'schema-temporary']],
        [26, 'rewritten', ['like-case', 'dynamic']],
      ])
      expect(report.statements.map(({ rewrite }) => rewrite).join()).toContain(
        `string_agg(select_1.symbol, ',' order by select_1.symbol collate "C" desc nulls last, select_1.id nulls first)`,
      )
      expect(report.exitCode).toBe(9)
      const known = Object.fromEntries(report.statements.map(({ id, verdict }) => [id, verdict]))
      const again = await judge(scene, {
        code: 'c.execute("SELECT name, ROUND(1.005, 2) FROM users")',
        known,
      })
      expect([again.exitCode, again.statements[0]!.isKnown]).toEqual([0, true])
    })
  })

  it('carries out what writes and takes it back: rows, sequences and the source are as before', {
    timeout: 180_000,
  }, async () => {
    await inScene(url, { name: 'app.db', sql: tables }, async (scene) => {
      await move(scene)
      await scene.connection.execute('create table public.unrelated (id serial primary key)')
      const before = [await dumpTarget(scene.address), readFileSync(scene.file)]
      const code = `
c.execute("INSERT INTO trades (user_id, symbol, qty) VALUES (?, ?, ?)", row)
c.execute("INSERT OR IGNORE INTO users (id, name, active) VALUES (?, ?, ?)", row)
c.execute("UPDATE trades SET symbol = ? WHERE id = ?", row)
c.execute("DELETE FROM trades WHERE symbol = ?", row)
c.execute("UPDATE users SET score = 7 / 2 WHERE active = 1")
c.execute("DELETE FROM users WHERE email LIKE 'x%'")
c.execute("UPDATE users SET email = replace(email, ?, ?) WHERE email LIKE ?", row)
c.execute("UPDATE trades SET qty = qty + 1 WHERE id = ? RETURNING id, qty", row)
`
      const beside = await judge(scene, { code, allowWrites: true })
      expect(new Set(beside.statements.map(({ reasons }) => reasons[0]))).toContain('others-connected')
      await scene.connection.end()
      const report = await judge(scene, { code, allowWrites: true })
      expect(told(report)).toEqual([
        [2, 'same', []],
        [3, 'rewritten', ['insert-or']],
        [4, 'same', []],
        [5, 'same', []],
        [6, 'rewritten', ['boolean-number']],
        [7, 'rewritten', ['like-case']],
        [8, 'rewritten', ['like-case']],
        [9, 'same', []],
      ])
      expect([await dumpTarget(scene.address), readFileSync(scene.file)]).toEqual(before)
    })
  })
})

it('carries out what writes on a copy of the target, while others use it', { timeout: 120_000 }, async () => {
  await inScene(anyServer().url, { name: 'app.db', sql: tables }, async (scene) => {
    await move(scene)
    const before = await dumpTarget(scene.address)
    const report = await judge(scene, {
      code: `c.execute("UPDATE trades SET symbol = ? WHERE id = ?", row)`,
      writesOnCopy: true,
    })
    expect(told(report)).toEqual([[1, 'same', []]])
    expect(report.statements[0]!.parametersTried).toBeGreaterThan(0)
    expect(await dumpTarget(scene.address)).toEqual(before)
  })
})

it('reads the logs of other programs, with the parameters that they were run with', async () => {
  await inScene(anyServer().url, { name: 'app.db', sql: tables }, async (scene) => {
    await move(scene)
    const report = await judge(scene, {
      log: `2024-05-01 10:00:00,123 INFO sqlalchemy.engine.Engine SELECT users.id
FROM users
WHERE users.name = ? AND users.id > ?
2024-05-01 10:00:00,124 INFO sqlalchemy.engine.Engine [generated in 0.00017s] ('ann', 0)
(0.001) SELECT "users"."id" FROM "users" WHERE "users"."email" = 'a@x' LIMIT 21; args=('a@x',); alias=default
prisma:query SELECT \`main\`.\`users\`.\`id\` FROM \`main\`.\`users\` ORDER BY \`main\`.\`users\`.\`id\` ASC LIMIT ? OFFSET ?
{"sql": "select name from users where id = ?", "params": [1]}
SELECT score FROM users WHERE id = 1;
SELECT score FROM users WHERE id = 3;
{"sql": "select id, score as n from users where id in (?) order by n", "params": [1]}
{"sql": "select id from users where \`name\` = ?", "params": ["ann"]}
`,
    })
    expect(told(report)).toEqual([
      [1, 'same', []],
      [5, 'same', []],
      [6, 'rewritten', ['other-quotes']],
      [7, 'same', []],
      [8, 'same', []],
      [10, 'rewritten', ['order-differs']],
      [11, 'rewritten', ['other-quotes']],
    ])
    expect(report.statements.find(({ sql }) => sql.startsWith('SELECT score'))!.origins).toHaveLength(2)
  })
})

it('writes reports that hold every statement, escaped', async () => {
  await inScene(anyServer().url, { name: 'app.db', sql: tables }, async (scene) => {
    await move(scene)
    const report = await judge(scene, {
      code: `c.execute("SELECT '<b>\`\`\`' || ROUND(1.005, 2) FROM users")`,
    })
    const html = renderQueries(report, 'a.html')
    expect(html).toContain('&#60;b&#62;')
    expect(html).not.toContain('<b>')
    expect(renderQueries(report, 'a.md')).toContain('\n````sql\n')
    const sarif = JSON.parse(renderQueries(report, 'a.sarif')) as {
      runs: [
        {
          results: [{ ruleId: string; locations: [{ physicalLocation: { region: { startLine: number } } }] }]
        },
      ]
    }
    const [result] = sarif.runs[0].results
    expect([result.ruleId, result.locations[0].physicalLocation.region.startLine]).toEqual([
      'values-differ',
      1,
    ])
    expect(JSON.parse(renderQueries(report, 'a.json'))).toEqual(report)
  })
})

it('says why a rewrite is not proposed that only a tie at LIMIT keeps from the same rows', async () => {
  const sql = `create table "Towns" (id integer primary key, "Name" text not null, people integer);
    insert into "Towns" values (1, 'a', null), (2, 'b', null), (3, 'c', 5);`
  await inScene(anyServer().url, { name: 'app.db', sql }, async (scene) => {
    await move(scene)
    const report = await judge(scene, {
      code: `c.execute("SELECT Name FROM Towns ORDER BY people LIMIT 1")
c.execute("SELECT Name FROM Towns ORDER BY people, id LIMIT 1")
`,
    })
    expect(told(report)).toEqual([
      [1, 'fails', ['renamed', 'tie-at-limit']],
      [2, 'rewritten', ['renamed']],
    ])
  })
})

it('compares rows with long constants on both sides', async () => {
  const sql = `create table notes (id integer primary key, body text, data blob);
    insert into notes values (1, 'one', x'01'), (2, null, null);`
  const text = 'x'.repeat(70_000)
  const bytes = '0f'.repeat(5000)
  await inScene(anyServer().url, { name: 'app.db', sql }, async (scene) => {
    await move(scene)
    const report = await judge(scene, {
      code: `c.execute("SELECT id FROM notes WHERE body = '${text}'")
c.execute("SELECT id FROM notes WHERE data = x'${bytes}'")
`,
    })
    expect(told(report)).toEqual([
      [1, 'same', []],
      [2, 'rewritten', ['mixed-types']],
    ])
  })
})
