/**
 * The whole wizard in a real terminal, against real files and a real PostgreSQL: from the first key to the summary, with a wrong
 * password first, with a stop and a resume, and at each size.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSampleDatabases } from '../../src/engine/demo/sample-databases.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { isNight } from '../support/breadth.ts'
import { anyServer, type FreshDatabase, freshDatabase } from '../support/databases.ts'
import { folderState, temporaryFolder } from '../support/folders.ts'
import { writeTroubledSource } from '../support/troubled-source.ts'
import { Terminal } from './terminal.ts'

const built = existsSync(new URL('../../dist/main.js', import.meta.url))
const server = anyServer()
const databases: FreshDatabase[] = []
const home = temporaryFolder()

beforeAll(() => {
  if (!built) throw new Error('the terminal tests run the built program: npm run build')
  createSampleDatabases({ folder: join(home, 'data'), rows: 1000, seed: 7 })
})

afterAll(async () => {
  for (const database of databases) await database.drop()
})

async function emptyTarget(): Promise<FreshDatabase> {
  const database = await freshDatabase(server.url)
  databases.push(database)
  return database
}

/** A folder to stand in, with the sample databases beside it. */
function standingIn(): string {
  const folder = join(temporaryFolder(), 'here')
  mkdirSync(folder)
  return folder
}

async function countRows({ address }: FreshDatabase, table: string): Promise<number> {
  await using connection = await connect(address)
  const { count } = await connection.queryOne<{ count: string }>(`select count(*) as count from ${table}`)
  return Number(count)
}

async function tablesIn({ address }: FreshDatabase): Promise<number> {
  await using connection = await connect(address)
  const { count } = await connection.queryOne<{ count: string }>(
    `select count(*) as count from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`,
  )
  return Number(count)
}

/** Nothing of the frame is left, the cursor is back, and what stood there before is there, once. */
function expectTidy(terminal: Terminal): void {
  expect(terminal.isOnAlternateScreen).toBe(false)
  expect(terminal.isCursorVisible).toBe(true)
  expect(terminal.history.split('what stood here before')).toHaveLength(2)
  expect(terminal.raw).not.toContain('\u001b[3J')
}

/** By day the least one; test/screens draws every screen at each. */
const sizes = (
  [
    [120, 40],
    [80, 24],
    [60, 20],
  ] as const
).filter(([columns]) => isNight || columns === 60)

describe('the wizard', { timeout: 400_000 }, () => {
  for (const [columns, rows] of sizes) {
    it(`${columns}×${rows}: enter, enter, enter, the confirmation, the run, the summary`, async () => {
      const target = await emptyTarget()
      const source = join(home, 'data')
      const before = folderState(source)
      using terminal = new Terminal({
        columns,
        rows,
        cwd: standingIn(),
        args: ['--source', source],
        env: { DATABASE_URL: target.url },
      })
      await terminal.sees('trading.db', '6 databases', 'Nothing is written', 'enter continue')
      expect(terminal.isOnAlternateScreen).toBe(true)
      terminal.press('enter')
      await terminal.sees(/✓ PostgreSQL \d+/, 'holds')
      expect(terminal.text).not.toContain(target.address.password)
      terminal.press('enter')
      await terminal.sees('Continue: move')
      expect(await tablesIn(target)).toBe(0)
      terminal.press('enter')
      await terminal.sees(/Move [\d,]+ rows\?/)
      expect(await tablesIn(target)).toBe(0)
      terminal.press('enter')
      await terminal.sees('Moved and verified', 'Database')
      expect(terminal.isOnAlternateScreen).toBe(true)
      // narrow-terminal: of a summary that is nearly as high as the terminal nothing scrolls away.
      terminal.resize(columns + 40, rows + 10)
      await terminal.sees('● Summary', 'Undo')
      terminal.resize(columns, rows)
      await terminal.sees(columns < 78 ? 'step 5 of 5: Summary' : '● Summary', 'Undo')
      terminal.press('q')
      expect(await terminal.ended()).toBe(0)
      expectTidy(terminal)
      expect(terminal.history).toMatch(/✓ trading\.orders +100/)
      expect(terminal.history.match(/Moved and verified/g)).toHaveLength(1)
      expect(await countRows(target, 'trading.orders')).toBe(100)
      expect(folderState(source)).toEqual(before)
      expect(terminal.raw).not.toContain(target.address.password)
    })
  }

  it('a wrong password first, then the right one, and a database that is created', async () => {
    const target = await emptyTarget()
    await target.drop()
    const url = new URL(target.url)
    const right = url.password
    url.password = 'certainly-wrong'
    using terminal = new Terminal({
      columns: 80,
      rows: 24,
      cwd: standingIn(),
      args: ['--source', join(home, 'data')],
    })
    await terminal.sees('trading.db', 'enter continue')
    terminal.press('enter')
    await terminal.sees('An embedded PostgreSQL')
    terminal.paste(`${url.href}\n`)
    await terminal.sees('postgres', '•••')
    terminal.press('enter')
    await terminal.sees('refused the password', 'Type the password above')
    terminal.type(decodeURIComponent(right))
    terminal.press('enter')
    await terminal.sees('has no database', 'c create the database')
    terminal.press('c')
    await terminal.sees(/✓ PostgreSQL/)
    terminal.press('enter')
    await terminal.sees('Continue: move')
    terminal.press('q')
    expect(await terminal.ended()).toBe(130)
    expectTidy(terminal)
    expect(terminal.raw).not.toContain(decodeURIComponent(right))
    expect(await tablesIn(target)).toBe(0)
  })

  it('interrupt-resume: ctrl+c stops at a block, the next start continues, and no row is there twice', async () => {
    const target = await emptyTarget()
    const source = temporaryFolder()
    writeTroubledSource(source)
    const cwd = standingIn()
    const options = {
      columns: 80,
      rows: 24,
      cwd,
      args: ['--source', source, '--jobs', '1'],
      env: { DATABASE_URL: target.url },
    }
    const toTheRun = async (terminal: Terminal): Promise<void> => {
      await terminal.sees('troubled.db', 'enter continue')
      terminal.press('enter')
      await terminal.sees(/✓ PostgreSQL/)
      terminal.press('enter')
    }
    using first = new Terminal(options)
    await toTheRun(first)
    await first.sees('Continue: move')
    first.press('enter')
    await first.sees('begin the migration')
    first.press('enter')
    await first.sees(/Copying/)
    first.press('ctrl+c')
    await first.sees(/Stopped after|Moved and verified/)
    first.press('q')
    const code = await first.ended()
    expectTidy(first)

    if (code === 130) {
      using second = new Terminal(options)
      await toTheRun(second)
      await second.sees('was interrupted on this target', '❯ Resume it where it stopped')
      second.press('enter')
      await second.sees('Continue: resume run')
      second.press('enter')
      await second.sees('resume the run')
      second.press('enter')
      await second.sees('Moved and verified')
      second.press('q')
      expect(await second.ended()).toBe(8)
      expectTidy(second)
    }
    expect(await countRows(target, 'public.many')).toBe(100_007)
  })

  it('quits from every question with the terminal as it was', async () => {
    const target = await emptyTarget()
    for (const leave of ['q', 'ctrl+c']) {
      using terminal = new Terminal({
        columns: 80,
        rows: 24,
        cwd: standingIn(),
        args: ['--source', join(home, 'data')],
        env: { DATABASE_URL: target.url },
      })
      await terminal.sees('trading.db', 'enter continue')
      if (leave === 'q') {
        terminal.press('enter')
        await terminal.sees(/✓ PostgreSQL/)
      }
      terminal.press(leave)
      expect(await terminal.ended()).toBe(130)
      expectTidy(terminal)
      expect(terminal.history).toBe('what stood here before\n$ gpt-migrate')
    }
    expect(await tablesIn(target)).toBe(0)
  })

  it('ctrl+c twice leaves at once, and SIGTERM is obeyed too: the cursor is back, and the run can be resumed', async () => {
    const target = await emptyTarget()
    const source = temporaryFolder()
    writeTroubledSource(source)
    const cwd = standingIn()
    const options = {
      columns: 80,
      rows: 24,
      cwd,
      args: ['--source', source, '--jobs', '1'],
      env: { DATABASE_URL: target.url },
    }
    using terminal = new Terminal(options)
    await terminal.sees('troubled.db', 'enter continue')
    terminal.press('enter')
    await terminal.sees(/✓ PostgreSQL/)
    terminal.press('enter')
    await terminal.sees('Continue: move')
    terminal.press('enter')
    await terminal.sees('begin the migration')
    terminal.press('enter')
    await terminal.sees('Copying')
    terminal.press('ctrl+c', 'ctrl+c')
    expect(await terminal.ended()).toBe(130)
    expect(terminal.isCursorVisible).toBe(true)
    expect(terminal.history).toContain('what stood here before')

    using again = new Terminal(options)
    await again.sees('troubled.db', 'enter continue')
    again.press('enter')
    await again.sees(/interrupted here|✓ PostgreSQL/)
    again.kill('SIGTERM')
    expect(await again.ended()).toBe(143)
    expectTidy(again)
  })

  it('ctrl+c ends it where SQLite comes to no end, with the terminal as it was', async () => {
    const source = join(temporaryFolder(), 'slow.db')
    const db = openWritable(source)
    db.exec(`create table t (id integer primary key); insert into t default values;
      alter table t add column slow integer generated always as
        (instr(hex(zeroblob(20000000)), hex(zeroblob(10000000)) || '1')) virtual`)
    db.close()
    using terminal = new Terminal({ columns: 80, rows: 24, cwd: standingIn(), args: ['--source', source] })
    await terminal.sees('Searching')
    // The sign that turns has turned for a second: a search of so small a file would have ended.
    await expect.poll(() => terminal.raw.split('Searching').length, { timeout: 60_000 }).toBeGreaterThan(10)
    terminal.press('ctrl+c')
    expect(await terminal.ended()).toBe(130)
    expectTidy(terminal)
  })

  it('resized while it runs, even below its least size, it redraws itself', async () => {
    using terminal = new Terminal({
      columns: 120,
      rows: 40,
      cwd: standingIn(),
      args: ['--source', join(home, 'data')],
    })
    await terminal.sees('● Discovery', 'trading.db')
    terminal.resize(60, 20)
    await terminal.sees('step 1 of 5: Discovery', 'trading.db')
    terminal.resize(40, 8)
    await terminal.sees('Needs 60 x 16 cells')
    for (const [columns, rows, header] of [
      [120, 30, '○ Summary'],
      [61, 28, 'step 1 of 5'],
      [110, 20, '○ Summary'],
      [80, 24, '○ Summary'],
    ] as const) {
      terminal.resize(columns, rows)
      // From the first row to the one before the last, and nothing of an earlier frame between them.
      await expect.poll(() => terminal.text.split('\n').length, { timeout: 20_000 }).toBe(rows - 1)
      await terminal.sees(header, 'trading.db', '? help')
      expect(terminal.text.split('\n')[0]).toContain(header)
      expect(terminal.text.match(/ gpt-migrate {3}/g)).toHaveLength(1)
      expect(terminal.text.match(/ trading\.db/g)).toHaveLength(1)
    }
    terminal.press('q')
    await terminal.ended()
    expectTidy(terminal)
  })

  it('narrow-terminal: narrowed while rows are copied, the frame stands once', async () => {
    const target = await emptyTarget()
    const source = temporaryFolder()
    writeTroubledSource(source)
    using terminal = new Terminal({
      columns: 110,
      rows: 30,
      cwd: standingIn(),
      args: ['--source', source, '--jobs', '1'],
      env: { DATABASE_URL: target.url },
    })
    await terminal.sees('troubled.db', 'enter continue')
    terminal.press('enter')
    await terminal.sees(/✓ PostgreSQL/)
    terminal.press('enter')
    await terminal.sees('Continue: move')
    terminal.press('enter')
    await terminal.sees('begin the migration')
    terminal.press('enter')
    await terminal.sees(/Copying/)
    terminal.press('p')
    await terminal.sees('Paused')
    const headers = (): number => terminal.history.match(/gpt-migrate {3}/g)?.length ?? 0
    await terminal.draws()
    terminal.resize(60, 24)
    await terminal.sees('step 4 of 5: Migration', 'Paused')
    expect(headers()).toBe(1)
    await terminal.draws()
    terminal.resize(110, 30)
    await terminal.sees('● Migration', 'Paused')
    expect(headers()).toBe(1)
    terminal.press('p')
    await terminal.sees(/Moved and verified|Moved/)
    terminal.press('q')
    await terminal.ended()
    expectTidy(terminal)
  })

  it('a terminal that knows only ASCII gets only ASCII, and NO_COLOR no colours', async () => {
    const folder = temporaryFolder()
    createSampleDatabases({ folder, rows: 100, seed: 1 })
    writeFileSync(join(folder, 'notes.db'), 'no database')
    using terminal = new Terminal({
      columns: 80,
      rows: 24,
      cwd: standingIn(),
      args: ['--source', folder],
      env: { LANG: 'C', NO_COLOR: '1' },
    })
    await terminal.sees('* Discovery', '> [x] ml_features.db', 'enter continue')
    terminal.press('enter')
    await terminal.sees('+ Discovery', '> An embedded PostgreSQL')
    terminal.press('q')
    await terminal.ended()
    expect([...terminal.raw].filter((character) => character > '\u007f')).toEqual([])
    expect(terminal.raw.split('\u001b').filter((part) => /^\[\d+(;\d+)*m/.test(part))).toEqual([])
  })

  it('a screen reader gets sentences: no bars, nothing that turns, no other screen', async () => {
    using terminal = new Terminal({
      columns: 80,
      rows: 24,
      cwd: standingIn(),
      args: ['--source', join(home, 'data')],
      env: { INK_SCREEN_READER: 'true' },
    })
    await terminal.sees('step 1 of 5: Discovery', 'trading.db')
    expect(terminal.isOnAlternateScreen).toBe(false)
    terminal.press('q')
    expect(await terminal.ended()).toBe(130)
    expect(terminal.isCursorVisible).toBe(true)
  })

  it('a pipe, CI, a dumb or a small terminal is not asked anything', async () => {
    for (const [columns, env] of [
      [80, { TERM: 'dumb' }],
      [80, { CI: 'true' }],
      [50, {}],
    ] as const) {
      using terminal = new Terminal({ columns, rows: 24, cwd: standingIn(), env })
      expect(await terminal.ended()).toBe(2)
      expect(terminal.history.replaceAll('\n', ' ')).toContain('--yes')
    }
  })
})
