/**
 * A run that is followed in the test's own process; the process that holds the sources is a real one. The oracle is another run over the
 * same sources: following must yield the same rows.
 */
import { join } from 'node:path'
import { RunControl } from '../../src/engine/events/control.ts'
import { Follower, type RoundOutcome } from '../../src/engine/follow/follower.ts'
import type { RunEvent } from '../../src/engine/model/event.ts'
import type { PlanOptions } from '../../src/engine/model/plan.ts'
import { prepareFollowing } from '../../src/engine/run/following/follow.ts'
import { openWritable, type SqliteDatabase } from '../../src/engine/source/base/sqlite.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { type FreshDatabase, freshDatabase } from './databases.ts'
import { dumpRows } from './dump.ts'
import { temporaryFolder } from './folders.ts'
import { runForTest } from './run.ts'

export type FollowScene = {
  readonly database: FreshDatabase
  readonly sources: string
  readonly events: RunEvent[]
  readonly follower: Follower
  /** Opens a source for writing, as an application does. */
  open(name: string): SqliteDatabase
  /** Performs rounds until there is nothing new. */
  catchUp(): Promise<readonly RoundOutcome[]>
  /** The target's rows, and those that a run over the current sources would write. */
  compare(): Promise<{ readonly followed: Record<string, string>; readonly expected: Record<string, string> }>
  /** Ends the follower as a kill would, as far as its files and its round are concerned, and opens another one. */
  reopen(): Promise<void>
  /** Opens a follower like another start of the program. */
  restart(): Promise<void>
}

type FollowSource = {
  readonly name: string
  readonly sql: string
  readonly journalMode: 'wal' | 'delete'
}

export async function whileFollowing(
  serverUrl: string,
  sources: readonly FollowSource[],
  body: (scene: FollowScene) => Promise<void>,
  options: Partial<PlanOptions> = {},
  targetSql = '',
): Promise<void> {
  const folder = temporaryFolder()
  const database = await freshDatabase(serverUrl)
  const open = (name: string): SqliteDatabase => {
    const db = openWritable(join(folder, name))
    db.pragma('foreign_keys = off')
    return db
  }
  const files = sources.map(({ name }) => join(folder, name))
  for (const { name, sql, journalMode } of sources) {
    const db = open(name)
    db.pragma(`journal_mode = ${journalMode}`)
    db.exec(sql)
    db.close()
  }
  const workFolder = join(folder, 'work')
  await inDatabase(database, targetSql)
  await runForTest({ sources: files, url: database.url, workFolder, options })
  let work = await prepareFollowing(database.address, null, null)
  const events: RunEvent[] = []
  let follower = new Follower(work, (event) => events.push(event))
  await follower.open()
  try {
    await body({
      database,
      sources: folder,
      events,
      get follower() {
        return follower
      },
      open,
      async catchUp() {
        const outcomes: RoundOutcome[] = []
        for (;;) {
          const outcome = await follower.takeRound()
          outcomes.push(outcome)
          if (outcome.kind === 'unchanged') return outcomes
        }
      },
      async compare() {
        const oracle = await freshDatabase(serverUrl)
        try {
          await inDatabase(oracle, targetSql)
          await runForTest({
            sources: files,
            url: oracle.url,
            workFolder: join(folder, `oracle-${events.length}`),
            options,
            control: new RunControl(),
          })
          return { followed: await dumpRows(database.address), expected: await dumpRows(oracle.address) }
        } finally {
          await oracle.drop()
        }
      },
      async reopen() {
        await follower.close()
        follower = new Follower(work, (event) => events.push(event))
        await follower.open()
      },
      async restart() {
        await follower.close()
        work = await prepareFollowing(database.address, null, null)
        follower = new Follower(work, (event) => events.push(event))
        await follower.open()
      },
    })
  } finally {
    await follower.close()
    await database.drop()
  }
}

/** Executes another role's statements in the target. */
export async function inDatabase({ address }: FreshDatabase, statements: string): Promise<void> {
  if (statements === '') return
  await using connection = await connect(address)
  await connection.execute(statements)
}

/** The rows kept in the journal, without their positions in its tables. */
export async function keptEntries(database: FreshDatabase): Promise<readonly string[]> {
  await using connection = await connect(database.address)
  const { rows } = await connection.query<{ entry: string }>(
    `select 'quarantine ' || table_id || key::text || cells::text || code as entry from gpt_migrate.quarantine
     union all
     select 'archive ' || table_id || coalesce(target_row, key::text) || rows::text from gpt_migrate.archive
     order by 1`,
  )
  return rows.map(({ entry }) => entry)
}
