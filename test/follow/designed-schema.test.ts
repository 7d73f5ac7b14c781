/** The trading bot's six databases, followed: folds, pivots, partitions, references across databases, quarantine that follows its rows. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSampleDatabases } from '../../src/engine/demo/sample-databases.ts'
import { Follower } from '../../src/engine/follow/follower.ts'
import { prepareFollowing } from '../../src/engine/run/following/follow.ts'
import { openWritable, type SqliteDatabase } from '../../src/engine/source/base/sqlite.ts'
import { quoteSqlite } from '../../src/engine/syntax/sqlite-names.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { isNight } from '../support/breadth.ts'
import { anyServer, type FreshDatabase, freshDatabase } from '../support/databases.ts'
import { dumpRows } from '../support/dump.ts'
import { temporaryFolder } from '../support/folders.ts'
import { keptEntries } from '../support/follow-scene.ts'
import { runForTest } from '../support/run.ts'

/** Without these the plan of a run over the sources would be another one: references into them may be null then. */
const parents = new Set(['feature_sets', 'models', 'orders', 'rebalancing_events'])

/** Removes, changes and adds rows of a table, whatever its columns are. */
function disturb(db: SqliteDatabase, table: string, step: number): void {
  const name = quoteSqlite(table)
  const columns = db.pragma(`table_info(${name})`) as { name: string; type: string; pk: number }[]
  if (!parents.has(table))
    db.exec(
      `delete from ${name} where rowid in (select rowid from ${name} order by rowid limit 2 offset ${step})`,
    )
  const plain = columns.filter(({ pk }) => pk === 0)
  for (const column of plain.slice(-2)) {
    const cell = quoteSqlite(column.name)
    db.exec(
      `update or ignore ${name} set ${cell} = (select o.${cell} from ${name} o order by o.rowid desc limit 1)
        where rowid in (select rowid from ${name} order by rowid limit 3 offset ${step * 3 + 5})`,
    )
  }
  const values = columns.map(({ name: column, type, pk }) =>
    pk > 0 && /int/i.test(type)
      ? 'null'
      : pk > 0
        ? `${quoteSqlite(column)} || '-${step}'`
        : quoteSqlite(column),
  )
  db.exec(
    `insert or ignore into ${name} select ${values.join(', ')} from ${name} order by rowid desc limit 4`,
  )
}

const quarantined = async (database: FreshDatabase): Promise<readonly string[]> =>
  (await keptEntries(database)).filter((entry) => entry.startsWith('quarantine'))

it('is what a run over the sources would bring', { timeout: 180_000 }, async () => {
  const folder = temporaryFolder()
  const sources = join(folder, 'databases')
  createSampleDatabases({ folder: sources, rows: 600, seed: 3 })
  const files = readdirSync(sources).map((name) => join(sources, name))
  const database = await freshDatabase(anyServer().url)
  const oracle = await freshDatabase(anyServer().url)
  const workFolder = join(folder, 'work')
  await runForTest({ sources: files, url: database.url, workFolder })
  const follower = new Follower(await prepareFollowing(database.address, null, null), () => {})
  try {
    await follower.open()
    for (let step = 0; step < (isNight ? 3 : 2); step++) {
      for (const file of files) {
        const db = openWritable(file)
        db.pragma('foreign_keys = off')
        const tables = db
          .prepare(
            `select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' and sql not like '%virtual%' and sql not like '%without rowid%'`,
          )
          .pluck()
          .all() as string[]
        for (const table of tables) disturb(db, table, step)
        db.close()
      }
      while ((await follower.takeRound()).kind !== 'unchanged');
    }
    await runForTest({ sources: files, url: oracle.url, workFolder: join(folder, 'oracle') })
    expect(await dumpRows(database.address)).toEqual(await dumpRows(oracle.address))
    // What goes to the archive depends on the census of a plan's day.
    expect(await quarantined(database)).toEqual(await quarantined(oracle))
  } finally {
    await follower.close()
    await database.drop()
    await oracle.drop()
  }
})

it.each([
  { database: 'trading', parent: 'orders', child: 'trades', key: 'order_id', target: 'trading.trades' },
  // Children of its own are folded into the parent.
  {
    database: 'rebalancing_history',
    parent: 'rebalancing_events',
    child: 'rebalancing_costs',
    key: 'rebalancing_id',
    target: 'portfolio.rebalancing_costs',
  },
])(
  'a child whose parent goes keeps its reference in the archive, and gets it back with the parent: $child',
  {
    timeout: 60_000,
  },
  async ({ database: name, parent, child, key, target }) => {
    const folder = temporaryFolder()
    const sources = join(folder, 'databases')
    createSampleDatabases({ folder: sources, rows: 100, seed: 5 })
    const database = await freshDatabase(anyServer().url)
    await runForTest({ sources: [sources], url: database.url, workFolder: join(folder, 'work') })
    const follower = new Follower(await prepareFollowing(database.address, null, null), () => {})
    const connection = await connect(database.address)
    const look = async () => ({
      without: (
        await connection.queryOne<{ rows: number }>(
          `select count(*)::int as rows from ${target} where ${key} is null`,
        )
      ).rows,
      archived: (
        await connection.query('select rows from gpt_migrate.archive where table_id like $1', [`%/${child}`])
      ).rows,
    })
    try {
      await follower.open()
      const before = await look()
      const db = openWritable(join(sources, `${name}.db`))
      db.pragma('foreign_keys = off')
      const id = db
        .prepare(`select ${key} from ${child} where ${key} in (select ${key} from ${parent}) limit 1`)
        .pluck()
        .get()
      const children = Number(db.prepare(`select count(*) from ${child} where ${key} = ?`).pluck().get(id))
      db.exec(`create temp table aside as select * from ${parent}`)
      db.prepare(`delete from ${parent} where ${key} = ?`).run(id)
      await follower.takeRound()
      const gone = await look()
      expect(gone.without).toBe(before.without + children)
      expect(gone.archived).toHaveLength(before.archived.length + children)
      expect(JSON.stringify(gone.archived)).toContain(String(id))
      db.prepare(`insert into ${parent} select * from temp.aside where ${key} = ?`).run(id)
      db.close()
      await follower.takeRound()
      expect(await look()).toEqual(before)
    } finally {
      await connection.end()
      await follower.close()
      await database.drop()
    }
  },
)
