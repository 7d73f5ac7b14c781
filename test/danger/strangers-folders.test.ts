/** Folders and files that another user of the machine prepared: nothing of ours is read from them, written into them, or given away. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { FallbackFolder } from '../../src/engine/fallback/folder.ts'
import { makeOwnFolder, refuseForeignFolder, warnOfPermissions } from '../../src/engine/own-files/ours.ts'
import { recallTarget, rememberTarget } from '../../src/engine/run/connect/remembered-target.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { discover } from '../../src/engine/source/discover/discover.ts'
import { createRunFolder, pruneRuns, writePrivateFile } from '../../src/engine/source/files/work-folder.ts'
import { resolveTarget } from '../../src/engine/target/address/address.ts'
import { embeddedAt, startEmbedded, stopEmbedded } from '../../src/engine/target/server/embedded.ts'
import { runCommand } from '../support/command.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runProgram } from '../support/program.ts'

/** Nobody that this machine knows. */
const mallory = 54_321
const isRoot = process.getuid?.() === 0

const give = (...paths: readonly string[]): void => {
  for (const path of paths) lchownSync(path, mallory, mallory)
}
const refused = (why: RegExp) =>
  expect.objectContaining({ code: 'not-ours', message: expect.stringMatching(why) })

let place: string
/** Of ours, and to stay as it is. */
let precious: string
beforeEach(() => {
  place = temporaryFolder()
  precious = join(place, 'precious')
  mkdirSync(precious)
  writeFileSync(join(precious, 'key'), 'secret')
})
const expectPrecious = (): void => {
  expect(readdirSync(precious)).toEqual(['key'])
  expect(readFileSync(join(precious, 'key'), 'utf8')).toBe('secret')
  expect(statSync(precious).uid).toBe(process.getuid?.())
}

describe('by links and modes, which anybody could have planted', () => {
  it('a remembered target that is a link', () => {
    const { workFolder, file } = { workFolder: join(place, 'work'), file: join(place, 'work', 'target.json') }
    mkdirSync(workFolder)
    symlinkSync(join(precious, 'key'), file)
    symlinkSync(join(precious, 'key'), `${file}.new`)
    const address = resolveTarget({ target: 'postgres://me@host/db', env: {} })
    expect(recallTarget({ workFolder })).toBeNull()
    rememberTarget({ workFolder, address, embedded: null })
    expectPrecious()
    expect(recallTarget({ workFolder })).toBe('postgresql://me@host:5432/db')
  })

  it('a work folder that is a link', () => {
    symlinkSync(precious, join(place, 'work'))
    expect(() => createRunFolder(join(place, 'work'))).toThrow()
    expectPrecious()
  })

  it('a work folder in a folder that every user may write to', () => {
    mkdirSync(join(place, 'open'))
    chmodSync(join(place, 'open'), 0o777)
    expect(() => createRunFolder(join(place, 'open', 'work'))).toThrow(refused(/every user/))
    expect(() => pruneRuns(join(place, 'open', 'work'), 0)).toThrow(refused(/every user/))
    chmodSync(join(place, 'open'), 0o1777)
    expect(createRunFolder(join(place, 'open', 'work')).folder).toContain('open')
  })

  it('a report that is a link, or has a second name', () => {
    const { folder } = createRunFolder(join(place, 'work'))
    symlinkSync(join(precious, 'key'), join(folder, 'report.json'))
    expect(() => writePrivateFile(join(folder, 'report.json'), 'x')).toThrow()
    linkSync(join(precious, 'key'), join(folder, 'report.md'))
    expect(() => writePrivateFile(join(folder, 'report.md'), 'x')).toThrow(refused(/second name/))
    expectPrecious()
  })

  it('a database of ours that is a link', () => {
    symlinkSync(join(precious, 'staging.db'), join(place, 'staging.db'))
    expect(() => openWritable(join(place, 'staging.db'))).toThrow(/it is a link/)
    expectPrecious()
  })

  it.each(['server.json', 'data', 'server.log'])('an embedded server whose %s is a link', async (name) => {
    const folder = join(place, 'postgres')
    mkdirSync(folder)
    if (name === 'server.json') writeFileSync(join(precious, 'key'), 'secret')
    symlinkSync(name === 'data' ? precious : join(precious, 'key'), join(folder, name))
    await expect(startEmbedded({ folder, sync: false })).rejects.toThrow()
    expectPrecious()
  })

  it('a log that became a link is not appended to', { timeout: 60_000 }, async () => {
    const folder = join(place, 'postgres')
    await startEmbedded({ folder, sync: false })
    await stopEmbedded(folder)
    const { rmSync } = await import('node:fs')
    rmSync(join(folder, 'server.log'))
    symlinkSync(join(precious, 'key'), join(folder, 'server.log'))
    await expect(startEmbedded({ folder, sync: false })).rejects.toEqual(refused(/it is a link/))
    expectPrecious()
  })

  it('staging, exports and databases that we make are for their owner only', () => {
    openWritable(join(place, 'own.db')).close()
    expect(statSync(join(place, 'own.db')).mode & 0o777).toBe(0o600)
  })

  it('what a killed process left is removed at the next start, and nothing of one that runs', async () => {
    const machine = hostname().replaceAll(/[^\w]/g, '').slice(0, 24)
    const dead = join(place, `gpt-migrate-${machine}-99999999-AbCdEf`)
    const running = join(place, `gpt-migrate-${machine}-${process.ppid}-AbCdEf`)
    const elsewhere = join(place, 'gpt-migrate-anothermachine-99999999-AbCdEf')
    for (const folder of [dead, running, elsewhere]) {
      mkdirSync(folder)
      writeFileSync(join(folder, 'copy.db'), 'x')
    }
    await discover([precious], { stagingParent: place })
    expect([dead, running, elsewhere].map((path) => existsSync(path))).toEqual([false, true, true])
  })
})

describe.runIf(isRoot)('as root, by another user', () => {
  it('a work folder of that user, and one in a folder of that user', () => {
    mkdirSync(join(place, 'theirs', 'work'), { recursive: true })
    give(join(place, 'theirs', 'work'))
    expect(() => createRunFolder(join(place, 'theirs', 'work'))).toThrow(refused(/another user/))
    give(join(place, 'theirs'))
    expect(() => createRunFolder(join(place, 'theirs', 'other'))).toThrow(refused(/another user/))
    expect(readdirSync(join(place, 'theirs'))).toEqual(['work'])
  })

  it('a link of that user on the way', () => {
    symlinkSync(precious, join(place, 'way'))
    give(join(place, 'way'))
    expect(() => createRunFolder(join(place, 'way', 'work'))).toThrow(refused(/another user/))
    expectPrecious()
  })

  it('the folder of a fallback: in one of that user, or by a link of that user', () => {
    mkdirSync(join(place, 'theirs'))
    symlinkSync(precious, join(place, 'theirs', 'way'))
    give(join(place, 'theirs', 'way'), join(place, 'theirs'))
    symlinkSync(precious, join(place, 'way'))
    give(join(place, 'way'))
    for (const folder of [join(place, 'theirs', 'new'), join(place, 'theirs', 'way'), join(place, 'way')])
      expect(() => FallbackFolder.open(folder, 'run', [], [])).toThrow(refused(/another user/))
    expectPrecious()
  })

  it.each(['the folder', 'its server.json', 'its data'])('an embedded server: %s', async (what) => {
    const folder = join(place, 'postgres')
    mkdirSync(join(folder, 'data'), { recursive: true })
    writeFileSync(
      join(folder, 'server.json'),
      JSON.stringify({ version: 1, password: 'theirs', port: 5432, dataFolder: 'data' }),
    )
    writeFileSync(join(folder, 'data', 'postmaster.pid'), `${process.pid}\n\n\n5432\n\n\n\nready\n`)
    if (what === 'the folder') give(folder)
    else give(join(folder, what === 'its data' ? 'data' : 'server.json'))
    await expect(startEmbedded({ folder, sync: false })).rejects.toEqual(refused(/another user/))
    await expect(stopEmbedded(folder)).rejects.toEqual(refused(/another user/))
    expect(() => embeddedAt(folder)).toThrow(refused(/another user/))
  })

  it('the program, started in a folder of that user, says where to put its own', async () => {
    const home = join(place, 'theirs')
    mkdirSync(home)
    const db = openWritable(join(home, 'shop.db'))
    db.exec("create table t (v text); insert into t values ('a')")
    db.close()
    symlinkSync(precious, join(home, '.gpt-migrate'))
    give(home, join(home, '.gpt-migrate'), join(home, 'shop.db'))
    for (const args of [
      ['--yes', '--source', '.', '--target', 'embedded'],
      ['plan', '--source', '.'],
    ]) {
      const { exitCode, errors } = await runCommand(args, { cwd: home })
      expect([args[0], exitCode]).toEqual([args[0], args[0] === 'plan' ? 3 : 4])
      expect(errors).toMatch(/another user/)
      expect(errors).toMatch(/--work-folder|embedded:DIR/)
    }
    expectPrecious()
    const planned = await runCommand(['plan', '--source', '.', '--work-folder', join(place, 'own')], {
      cwd: home,
    })
    expect(planned).toMatchObject({ exitCode: 0 })
  })

  it('a link of that user where an output is to be written', async () => {
    mkdirSync(join(place, 'theirs'))
    symlinkSync(join(precious, 'key'), join(place, 'theirs', 'trader.yaml'))
    give(join(place, 'theirs', 'trader.yaml'))
    chownSync(join(place, 'theirs'), mallory, mallory)
    const { exitCode, errors } = await runCommand(
      ['mappings', 'show', 'gpt-trader', '--out', 'trader.yaml'],
      { cwd: join(place, 'theirs') },
    )
    expect(exitCode).toBe(2)
    expect(errors).toMatch(/link of another user/)
    expectPrecious()
  })

  it('a folder that the user makes between the look and our own making it', async () => {
    const open = join(place, 'open')
    mkdirSync(open)
    chmodSync(open, 0o1777)
    chmodSync(place, 0o755)
    const folder = join(open, 'out')
    const loop = 'for i in $(seq 20000); do mkdir out 2>/dev/null && rmdir out; done'
    const racer = spawn('bash', ['-c', loop], { cwd: open, uid: mallory, stdio: 'ignore' })
    try {
      const outcomes = new Set<string>()
      for (const end = Date.now() + 700; Date.now() < end; await new Promise(setImmediate)) {
        try {
          makeOwnFolder(folder, 'export', 0o700)
          outcomes.add(`of ${statSync(folder).uid}`)
          rmdirSync(folder)
        } catch (error) {
          outcomes.add(String((error as NodeJS.ErrnoException).code))
        }
      }
      expect([...outcomes]).not.toContain(`of ${mallory}`)
    } finally {
      racer.kill('SIGKILL')
    }
  })

  it("a folder of root's that an access list opens to that user", () => {
    const shared = join(place, 'shared')
    mkdirSync(shared)
    // Version 2; owner rwx, the user rwx, group r-x, mask rwx, others r-x (Linux, posix_acl_xattr.h).
    const list = `0200000001000700ffffffff0200070031d4000004000500ffffffff10000700ffffffff20000500ffffffff`
    const set = `import os, sys; os.setxattr(sys.argv[1], 'system.posix_acl_access', bytes.fromhex(sys.argv[2]))`
    if (spawnSync('python3', ['-c', set, shared, list]).status !== 0) return
    expect(() => createRunFolder(join(shared, 'work'))).toThrow(refused(/access list/))
    expect(readdirSync(shared)).toEqual([])
  })

  it('a normal user is refused the same, and may continue elsewhere', async () => {
    const user = 54_322
    const home = join(place, 'home')
    const db = openWritable(join(place, 'shop.db'))
    db.exec("create table t (v text); insert into t values ('a')")
    db.close()
    mkdirSync(join(home, 'theirs', 'work'), { recursive: true })
    for (const path of [home, join(home, 'theirs'), join(place, 'shop.db')]) lchownSync(path, user, user)
    give(join(home, 'theirs', 'work'))
    chmodSync(place, 0o755)
    const plan = (work: string) =>
      runProgram(['plan', '--source', join(place, 'shop.db'), '--work-folder', work], {
        cwd: home,
        uid: user,
        env: { HOME: home },
      })
    const foreign = await plan(join(home, 'theirs', 'work'))
    expect(foreign).toMatchObject({ exitCode: 3, errors: expect.stringMatching(/another user/) })
    expect(await plan(join(home, 'work'))).toMatchObject({ exitCode: 0, errors: '' })
    expect(readdirSync(join(home, 'theirs', 'work'))).toEqual([])
  })
})

/** NTFS by FUSE, mounted with one owner and mode for every file, as drives of Windows are; null where that is not possible. */
function mountWithoutPermissions(uid: number): string | null {
  if (!isRoot || !existsSync('/dev/fuse') || !existsSync('/usr/bin/ntfs-3g')) return null
  const image = join(place, 'image')
  const folder = join(place, 'drive')
  writeFileSync(image, '')
  truncateSync(image, 16 << 20)
  mkdirSync(folder)
  try {
    execFileSync('mkntfs', ['-F', '-q', '-Q', image], { stdio: 'ignore' })
    const options = `uid=${uid},gid=${uid},umask=000,allow_other`
    execFileSync('ntfs-3g', ['-o', options, image, folder], { stdio: 'ignore' })
    return folder
  } catch {
    return null
  }
}

it('a file system without permissions is for its owner, with a warning; not for root, others, or a server', () => {
  const drive = mountWithoutPermissions(mallory)
  if (drive === null) return expect(warnOfPermissions(place)).toBeNull()
  try {
    // The module is loaded as root; what it does afterwards, it does as the user.
    const asUser = <T>(uid: number, work: () => T): T => {
      process.seteuid!(uid)
      const getuid = process.getuid
      process.getuid = () => uid
      try {
        return work()
      } finally {
        process.getuid = getuid!
        process.seteuid!(0)
      }
    }
    chmodSync(place, 0o755)
    expect(() => createRunFolder(join(drive, 'work'))).toThrow(refused(/another user/))
    asUser(mallory + 1, () =>
      expect(() => createRunFolder(join(drive, 'work'))).toThrow(refused(/another user/)),
    )
    asUser(mallory, () => {
      const { folder } = createRunFolder(join(drive, 'work'))
      writePrivateFile(join(folder, 'report.json'), '{}')
      expect(statSync(join(folder, 'report.json')).mode & 0o777).toBe(0o777)
      expect(warnOfPermissions(folder)).toMatchObject({ severity: 'warning', code: 'no-permissions' })
      expect(() => refuseForeignFolder(folder, 'embedded')).toThrow(refused(/may write to it/))
    })
  } finally {
    execFileSync('umount', [drive])
  }
})
