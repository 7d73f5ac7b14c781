/** What the tests of source files share: temporary folders, databases, other processes that write, fingerprints of folders. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { openWritable } from '../../../src/engine/source/base/sqlite.ts'
import { temporaryFolder } from '../../support/folders.ts'

/** A new folder, by the path that it has without symbolic links. */
export function makeFolder(): string {
  return realpathSync(temporaryFolder())
}

/** A database made by one script; `journal_mode = wal` leaves it checkpointed and without companions. */
export function makeDatabase(file: string, sql: string): string {
  const db = openWritable(file)
  db.exec(sql)
  db.close()
  return file
}

/** Every path below a folder with its type, mode, size, time and bytes. Not while this process has one of the files open. */
export function fingerprint(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).sort().map((name) => {
    const path = join(folder, name)
    const stats = lstatSync(path)
    const content = stats.isSymbolicLink()
      ? readlinkSync(path)
      : stats.isFile()
        ? createHash('sha256').update(readFileSync(path)).digest('hex')
        : ''
    return `${name} ${stats.mode} ${stats.size} ${stats.mtimeMs} ${content}`
  })
}

const bindings = createRequire(import.meta.url).resolve('better-sqlite3')

/** Another process that has the database open as `db`, and runs the lines sent to it; each is answered when done. */
export async function startWriter(
  file: string,
): Promise<{ run(code: string): Promise<void>; kill(): Promise<void> }> {
  const script = `
    const db = new (require(${JSON.stringify(bindings)}))(process.argv[1], { timeout: 200 })
    let looping = false
    function loop(code) { const f = new Function('db', code); looping = true; (function turn() { if (looping) { f(db); setImmediate(turn) } })() }
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      try { new Function('db', 'loop', 'stop', JSON.parse(line))(db, loop, () => { looping = false }); console.log('done') }
      catch (error) { console.log('failed: ' + error.message) }
    })`
  const child = spawn(process.execPath, ['-e', script, file], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => kill(child))
  const answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  return {
    async run(code) {
      child.stdin!.write(`${JSON.stringify(code)}\n`)
      const answer = await answers.next()
      if (answer.value !== 'done') throw new Error(`writer: ${answer.value}`)
    },
    kill: () => kill(child),
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** What a crash leaves: the database with an uncommitted transaction half written, and its journal. */
export async function makeHotJournal(file: string): Promise<void> {
  const writer = await startWriter(file)
  await writer.run(`
    db.exec('create table kept(a); insert into kept values (1); create table filler(x)')
    db.exec('insert into filler with recursive c(i) as (select 1 union all select i + 1 from c where i < 3000) select randomblob(500) from c')
    db.pragma('cache_size = 5')
    db.exec("begin; insert into kept values (2); update filler set x = zeroblob(500)")`)
  await writer.kill()
}

/** What is left when a writer is killed in WAL mode: the rows are in the `-wal` only. */
export async function makeUncheckpointed(file: string): Promise<void> {
  const writer = await startWriter(file)
  await writer.run(`
    db.pragma('journal_mode = wal'); db.pragma('wal_autocheckpoint = 0')
    db.exec('create table t(a); insert into t values (1), (2), (3)')`)
  await writer.kill()
}
