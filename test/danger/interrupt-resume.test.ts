/**
 * A run that is stopped, killed or cut off at any commit continues with the same command: the target ends as an undisturbed run
 * leaves it, and the quarantine holds every refused row once. As SQLite's own tests do it: at the first commit, the second, …
 */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSampleDatabases } from '../../src/engine/demo/sample-databases.ts'
import { RunControl } from '../../src/engine/events/control.ts'
import type { RunEvent } from '../../src/engine/model/event.ts'
import type { Report } from '../../src/engine/model/report.ts'
import { embeddedBinaries } from '../../src/engine/target/server/embedded-binaries.ts'
import { initServer, startServer } from '../../src/engine/target/server/local-server.ts'
import { cutSmallBlocks, fewRows } from '../support/block-size.ts'
import { isNight } from '../support/breadth.ts'
import { anyServer, type FreshDatabase, forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { type JournalState, stateOf } from '../support/journal-state.ts'
import { processesOf, runProgram, startProgram } from '../support/program.ts'
import { runForTest, type TestRun } from '../support/run.ts'
import { startProxy } from '../support/tcp-proxy.ts'
import { refusedRows, writeTroubledSource } from '../support/troubled-source.ts'

cutSmallBlocks()

const folder = temporaryFolder()
const source = writeTroubledSource(folder, fewRows)

/** SIGKILL to a process that may be gone already. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {}
}

/** A commit, seen from outside: something new is in the target. Copying tells each table's state first, before it copies. */
function commitCounter(onCommit: (number: number) => void): (event: RunEvent) => void {
  let commits = 0
  let copying = false
  let indexed: number | null = null
  return (event) => {
    if (event.type === 'table-started') copying = true
    const copied = copying && event.type === 'table-progress'
    const isIndexing = event.type === 'phase-progress' && event.phase === 'index'
    const built = isIndexing && indexed !== null && event.done > indexed
    if (isIndexing) indexed = event.done
    if (copied || built) onCommit(++commits)
  }
}

const usual = (database: FreshDatabase, workFolder: string, more: Partial<TestRun> = {}): TestRun => ({
  sources: [source],
  url: database.url,
  workFolder,
  ...more,
  request: { jobs: 1, ...more.request },
})

function expectWhole(report: Report | null): void {
  expect(report?.error).toBeUndefined()
  expect(report?.verify.differences).toEqual([])
  expect(report).toMatchObject({ status: 'quarantined', exitCode: 8, quarantine: { rows: refusedRows } })
  for (const { rows } of report!.tables)
    expect(rows.source).toBe(rows.target + rows.quarantined + rows.excluded)
}

forEachServerNightly((server) => {
  /** What does not depend on the server's version is tried on one. */
  const once = server.kind === 'embedded' ? it : it.skip
  let undisturbed: JournalState
  let database: FreshDatabase
  const fresh = async (): Promise<FreshDatabase> => {
    await database?.drop()
    database = await freshDatabase(server.url)
    return database
  }

  beforeAll(async () => {
    const whole = await fresh()
    expectWhole((await runForTest(usual(whole, join(folder, `whole-${server.kind}`)))).report)
    undisturbed = await stateOf(whole)
    expect(undisturbed.quarantine).toHaveLength(refusedRows)
  })
  afterAll(() => database.drop())

  it('stopped after commits, one start after the other', { timeout: 180_000 }, async () => {
    const target = await fresh()
    const work = join(folder, `stopped-${server.kind}`)
    let stops = 0
    for (let attempt = 0; attempt < 60; attempt++) {
      const control = new RunControl()
      const onEvent = commitCounter((commits) => {
        if (commits > 0) control.stop('SIGINT')
      })
      const { report } = await runForTest(usual(target, work, { control, onEvent }))
      if (report?.status !== 'stopped') {
        expectWhole(report)
        break
      }
      expect(report.exitCode).toBe(130)
      expect(report.nextSteps.some((step) => step.startsWith('Resume'))).toBe(true)
      stops++
    }
    expect(stops).toBeGreaterThan(5)
    expect(await stateOf(target)).toEqual(undisturbed)
  })

  once('stopped while it verifies', async () => {
    const target = await fresh()
    const work = join(folder, `verifying-${server.kind}`)
    const control = new RunControl()
    const onEvent = (event: RunEvent): void => {
      if (event.type === 'phase-started' && event.phase === 'verify') control.stop('SIGTERM')
    }
    const { report } = await runForTest(usual(target, work, { control, onEvent }))
    expect(report).toMatchObject({ status: 'stopped', exitCode: 143, verify: { ok: false } })
    expectWhole((await runForTest(usual(target, work))).report)
    expect(await stateOf(target)).toEqual(undisturbed)
  })

  it.each(['copy', 'index', 'verify'] as const)(
    'all backends terminated during %s',
    { timeout: 60_000 },
    async (phase) => {
      const target = await fresh()
      const work = join(folder, `terminated-${phase}-${server.kind}`)
      const executioner = new pg.Client({ connectionString: target.url, application_name: 'executioner' })
      await executioner.connect()
      let killing: Promise<unknown> | null = null
      const onEvent = (event: RunEvent): void => {
        const isNow =
          phase === 'copy'
            ? event.type === 'table-started'
            : event.type === 'phase-started' && event.phase === phase
        if (!isNow) return
        killing ??= executioner.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
            where application_name = 'gpt-migrate' and datname = current_database()`,
        )
      }
      const { report } = await runForTest(usual(target, work, { onEvent }))
      expect(report).toMatchObject({ status: 'failed', exitCode: 6, error: { code: 'connection-lost' } })
      expect(killing).not.toBeNull()
      await executioner.end()
      expectWhole((await runForTest(usual(target, work))).report)
      expect(await stateOf(target)).toEqual(undisturbed)
    },
  )

  once('a statement timeout of the role is no trouble', async () => {
    const target = await fresh()
    const client = new pg.Client({ connectionString: target.url })
    await client.connect()
    await client.query(
      `do $$ begin execute format('alter database %I set statement_timeout = ''20ms''', current_database());
        execute format('alter database %I set idle_in_transaction_session_timeout = ''20ms''', current_database()); end $$`,
    )
    await client.end()
    expectWhole((await runForTest(usual(target, join(folder, `timeout-${server.kind}`)))).report)
    expect(await stateOf(target)).toEqual(undisturbed)
  })

  describe('a cut connection', () => {
    once.each([20_000, 70_000, 200_000])('after %i bytes', { timeout: 60_000 }, async (bytes) => {
      const target = await fresh()
      const work = join(folder, `cut-${bytes}-${server.kind}`)
      const { hostname, port } = new URL(target.url)
      const proxy = await startProxy({ host: hostname, port: Number(port) })
      try {
        proxy.cutAfter(bytes, 'toServer')
        const url = new URL(target.url)
        url.port = String(proxy.port)
        const outcome = await runForTest(usual(target, work, { url: url.href })).catch(
          (error: unknown) => error,
        )
        if (outcome instanceof Error) {
          expect(outcome).toMatchObject({ kind: 'target', code: 'connection-lost' })
        } else {
          const { report } = outcome as { report: Report }
          expect(report).toMatchObject({ status: 'failed', exitCode: 6, error: { code: 'connection-lost' } })
          expect(report.error?.message).toMatch(/connection|server/i)
        }
      } finally {
        await proxy.close()
      }
      expectWhole((await runForTest(usual(target, work))).report)
      expect(await stateOf(target)).toEqual(undisturbed)
    })
  })
})

describe('with one server', () => {
  const server = anyServer()

  const silences: readonly (readonly [string, boolean])[] = [
    ['and only new connections are answered', false],
    // It takes the whole of a connection's patience.
    ...(isNight ? [['and takes no new connections', true] as const] : []),
  ]
  it.each(silences)(
    'a network that falls silent %s is given up',
    { timeout: 90_000 },
    async (_name, forAll) => {
      const target = await freshDatabase(server.url)
      const { hostname, port } = new URL(target.url)
      const proxy = await startProxy({ host: hostname, port: Number(port) })
      try {
        const url = new URL(target.url)
        url.port = String(proxy.port)
        url.search = 'keepalives_idle=1&connect_timeout=1'
        const onEvent = (event: RunEvent): void => {
          if (event.type === 'table-started') proxy.silence(forAll)
        }
        const work = join(folder, `silent-${forAll}`)
        const { report } = await runForTest(usual(target, work, { url: url.href, onEvent }))
        expect(report).toMatchObject({ status: 'failed', exitCode: 6, error: { code: 'connection-lost' } })
        expectWhole((await runForTest(usual(target, work))).report)
      } finally {
        await proxy.close()
        await target.drop()
      }
    },
  )

  /** Blocks of the program's own size, and long enough to be interrupted. */
  const long = writeTroubledSource(temporaryFolder())
  // By day at every fourth commit, by night at each.
  const commitsOfALife = isNight ? 1 : 4

  it('kill -9 after commits, one start after the other', { timeout: 240_000 }, async () => {
    const target = await freshDatabase(server.url)
    const whole = await freshDatabase(server.url)
    try {
      const args = ['--yes', '--json', '--jobs', '1', '--source', long, '--target']
      await runProgram([...args, whole.url, '--work-folder', join(folder, 'killed-whole')])
      const work = join(folder, 'killed')
      let kills = 0
      for (let attempt = 0; attempt < 60; attempt++) {
        const { child, ended } = startProgram([...args, target.url, '--work-folder', work])
        // The engine's own process would continue for a moment.
        const onEvent = commitCounter((commits) => {
          if (commits < commitsOfALife) return
          for (const pid of [...processesOf(child.pid!), child.pid!]) kill(pid)
        })
        readLines(child.stdout!, (line) => onEvent(JSON.parse(line) as RunEvent))
        const { signal, exitCode, errors } = await ended
        if (signal !== 'SIGKILL') {
          expect({ exitCode, errors }).toEqual({ exitCode: 8, errors: '' })
          break
        }
        kills++
      }
      expect(kills).toBeGreaterThan(isNight ? 2 : 0)
      expect(await stateOf(target)).toEqual(await stateOf(whole))
    } finally {
      await target.drop()
      await whole.drop()
    }
  })

  it.each([
    ['SIGINT', 1, 130],
    ['SIGINT', 2, 130],
    ['SIGTERM', 1, 143],
  ] as const)(
    '%s, %i times: exit %i, and the run can be resumed',
    { timeout: 60_000 },
    async (signal, times, code) => {
      const target = await freshDatabase(server.url)
      try {
        const work = join(folder, `${signal}-${times}`)
        const args = [
          '--yes',
          '--json',
          '--jobs',
          '1',
          '--source',
          long,
          '--target',
          target.url,
          '--work-folder',
          work,
        ]
        const { child, ended } = startProgram(args)
        let report: Report | null = null
        let sent = 0
        readLines(child.stdout!, (line) => {
          const event = JSON.parse(line) as RunEvent
          if (event.type === 'table-started' && sent++ === 0) child.kill(signal)
          if (event.type === 'run-finished') report = event.report
        })
        child.stderr!.on('data', (data) => {
          if (times === 2 && String(data).includes('Stopping')) child.kill(signal)
        })
        expect(await ended).toMatchObject({ exitCode: code, signal: null })
        if (times === 1) expect(report).toMatchObject({ status: 'stopped', exitCode: code })
        if (times === 2 || isNight) expect(await runProgram(args)).toMatchObject({ exitCode: 8, errors: '' })
      } finally {
        await target.drop()
      }
    },
  )

  it('the server is stopped at once and started again', { timeout: 90_000 }, async () => {
    const home = temporaryFolder()
    chmodSync(home, 0o755)
    const binaries = embeddedBinaries()
    const dataFolder = join(home, 'data')
    const password = 'immediate-stop'
    const settings = { fsync: 'off' }
    await initServer({ binaries, dataFolder, password, sync: false })
    let own = await startServer({ binaries, dataFolder, password, port: 0, settings })
    try {
      const target = await freshDatabase(own.url)
      const work = join(home, 'work')
      let stopped = false
      const onEvent = (event: RunEvent): void => {
        if (event.type !== 'table-progress' || event.rows < 5_000 || stopped) return
        stopped = true
        process.kill(own.pid, 'SIGQUIT')
      }
      const { report } = await runForTest(usual(target, work, { onEvent }))
      expect(report).toMatchObject({ status: 'failed', exitCode: 6 })
      await expect(runForTest(usual(target, work))).rejects.toMatchObject({ kind: 'target' })
      await own.stop()
      own = await startServer({ binaries, dataFolder, password, port: own.port, settings })
      expectWhole((await runForTest(usual(target, work))).report)
    } finally {
      await own.stop()
    }
  })

  it('the work folder is gone: says which snapshot, and --start-over starts over', {
    timeout: 60_000,
  }, async () => {
    const target = await freshDatabase(server.url)
    try {
      const work = join(folder, 'gone')
      const control = new RunControl()
      const onEvent = commitCounter(() => control.stop('SIGINT'))
      const { report } = await runForTest(usual(target, work, { control, onEvent }))
      const snapshot = report!.sources[0]!.snapshot
      writeFileSync(snapshot, 'changed', { flag: 'a' })
      await expect(runForTest(usual(target, work))).rejects.toMatchObject({
        code: 'snapshot-changed',
        message: expect.stringMatching(/troubled\.db has changed/),
      })
      rmSync(work, { recursive: true })
      await expect(runForTest(usual(target, work))).rejects.toMatchObject({
        code: 'snapshot-changed',
        message: expect.stringMatching(/troubled\.db is gone/),
        hint: expect.stringContaining('--start-over'),
      })
      expectWhole(
        (await runForTest(usual(target, work, { request: { startOver: target.address.database } }))).report,
      )
    } finally {
      await target.drop()
    }
  })

  it('the work folder vanishes in the middle: a sentence, no bug', { timeout: 60_000 }, async () => {
    const target = await freshDatabase(server.url)
    try {
      const work = join(folder, 'vanished')
      const told: string[] = []
      const onEvent = (event: RunEvent): void => {
        if (event.type === 'phase-started' && event.phase === 'index') rmSync(work, { recursive: true })
        if (event.type === 'finding') told.push(event.finding.code)
      }
      const { report } = await runForTest(usual(target, work, { onEvent }))
      // Whoever has a snapshot open can still read it.
      if (report?.status !== 'failed') expectWhole(report)
      expect(report?.exitCode).not.toBe(70)
      expect(told).toContain('report-not-written')
    } finally {
      await target.drop()
    }
  })

  it('the file of --report became a folder: named as it was, and the verdict stands', {
    timeout: 60_000,
  }, async () => {
    const target = await freshDatabase(server.url)
    try {
      const reportFile = join(folder, 'taken.html')
      mkdirSync(reportFile)
      const told: string[] = []
      const onEvent = (event: RunEvent): void => {
        if (event.type === 'finding' && event.finding.code === 'report-not-written')
          told.push(event.finding.message)
      }
      const work = join(folder, 'no-report')
      const { report } = await runForTest(usual(target, work, { onEvent, request: { reportFile } }))
      expectWhole(report)
      expect(told).toEqual([
        expect.stringMatching(
          /taken\.html was not written: .*folder.* The report is .*no-report.*report\.html\.$/,
        ),
      ])
    } finally {
      await target.drop()
    }
  })

  // By day kill.test.ts ends runs of six databases.
  it.runIf(isNight)('six databases, stopped again and again', { timeout: 120_000 }, async () => {
    const sources = join(folder, 'six')
    createSampleDatabases({ folder: sources, rows: 3000, seed: 3 })
    const whole = await freshDatabase(server.url)
    const target = await freshDatabase(server.url)
    try {
      const run = { sources: [sources], request: { jobs: 2 } }
      const once = await runForTest({ ...run, url: whole.url, workFolder: join(folder, 'six-whole') })
      expect(once.report?.status).toBe('ok')
      let stops = 0
      for (let attempt = 1; ; attempt++) {
        const control = new RunControl()
        const onEvent = commitCounter((commits) => {
          if (commits > attempt) control.stop('SIGINT')
        })
        const workFolder = join(folder, 'six-stopped')
        const { report } = await runForTest({ ...run, url: target.url, workFolder, control, onEvent })
        if (report?.status === 'stopped') stops++
        else {
          expect(report?.status).toBe('ok')
          break
        }
      }
      expect(stops).toBeGreaterThan(2)
      expect(await stateOf(target)).toEqual(await stateOf(whole))
    } finally {
      await whole.drop()
      await target.drop()
    }
  })
})

function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + String(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('{')) onLine(line)
  })
}
