/**
 * Ways in which following can go wrong without saying so, planted one by one into a run that is followed, and who finds each.
 * docs/verification.md holds the same table.
 */
import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Follower } from '../../src/engine/follow/follower.ts'

export type FaultScene = {
  readonly follower: Follower
  /** The source, of whose tables the faults speak. */
  readonly file: string
  write(sql: string): void
  inTarget(sql: string): Promise<void>
  /** Ends the follower as a kill does, and opens another one. */
  reopen(): Promise<void>
  /** Compares as a cut-over does; `meanwhile` once the target is frozen. What it says of the tables. */
  prove(meanwhile?: () => Promise<void>): Promise<string>
  /** A fence is prepared; what its proof, or the start of a command under it, throws without one that is held. */
  tryFence(how: 'prove' | 'start'): Promise<string>
  /** What is said of the side that was left after a cut-over, or after the way back. */
  late(side: 'sqlite' | 'postgres'): Promise<string>
}

type FollowFault = {
  readonly danger: string
  readonly finder: 'the next start' | 'the round' | 'the proof' | 'the fence' | 'status'
  /** What is said of it; the scene is as before afterwards. */
  readonly plant: (scene: FaultScene) => Promise<string>
  readonly said: RegExp
}

const saying = async (work: Promise<unknown>): Promise<string> => {
  try {
    return JSON.stringify(await work)
  } catch (error) {
    return `${(error as { code?: string }).code}: ${(error as Error).message}`
  }
}

/** A round is in the target and not yet in our files; something happens to its file before the next start. */
function toRoundFile(change: (bytes: Buffer, file: string) => Buffer | null) {
  return async (scene: FaultScene): Promise<string> => {
    const { follower } = scene
    scene.write(`update orders set note = note || '.' where id = 3`)
    await follower.takeRound()
    const file = follower.shadows.roundFile(follower.round)
    const whole = readFileSync(file)
    const changed = change(Buffer.from(whole), file)
    if (changed === null) rmSync(file)
    else writeFileSync(file, changed)
    const said = await saying(scene.reopen())
    writeFileSync(file, whole)
    await scene.reopen()
    return said
  }
}

function withBit(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 1
  return bytes
}

/** Our files are at the target's round; then what the target remembers of it is another. */
const toRound = (by: number) => async (scene: FaultScene) => {
  scene.follower.settle()
  await scene.inTarget(`update gpt_migrate.follow set round = round + ${by}`)
  const said = await saying(scene.reopen())
  await scene.inTarget(`update gpt_migrate.follow set round = round - ${by}`)
  await scene.reopen()
  return said
}

/** The target is written by somebody else while it is followed. */
const toTarget = (sql: string, back: string) => async (scene: FaultScene) => {
  await scene.inTarget(sql)
  const said = await scene.prove()
  await scene.inTarget(back)
  return said
}

let earlier: Buffer | null = null

export const followFaults: readonly FollowFault[] = [
  {
    danger: 'a round file cut short by a byte',
    finder: 'the next start',
    plant: toRoundFile((bytes) => bytes.subarray(0, -1)),
    said: /follow-diverged/,
  },
  {
    danger: 'a round file of which only the first half was written',
    finder: 'the next start',
    plant: toRoundFile((bytes) => bytes.subarray(0, bytes.length >> 1)),
    said: /follow-diverged/,
  },
  {
    danger: 'a bit of a page in a round file',
    finder: 'the next start',
    plant: toRoundFile((bytes) => withBit(bytes, 100)),
    said: /follow-diverged/,
  },
  {
    danger: 'a bit of what a round file says of itself',
    finder: 'the next start',
    plant: toRoundFile((bytes) => withBit(bytes, bytes.length - 60)),
    said: /follow-diverged/,
  },
  {
    danger: 'a bit of the hash of a round file',
    finder: 'the next start',
    plant: toRoundFile((bytes) => {
      earlier = Buffer.from(bytes)
      return withBit(bytes, bytes.length - 1)
    }),
    said: /follow-diverged/,
  },
  {
    danger: 'a round file that is gone',
    finder: 'the next start',
    plant: toRoundFile(() => null),
    said: /follow-diverged/,
  },
  {
    danger: 'the file of an earlier round in place of the last one',
    finder: 'the next start',
    plant: toRoundFile(() => earlier!),
    said: /follow-diverged/,
  },
  {
    danger: 'a server that is a round older than it was, as a promoted standby',
    finder: 'the next start',
    plant: toRound(-1),
    said: /follow-diverged/,
  },
  {
    danger: 'our files a round older than the target, as from a backup',
    finder: 'the next start',
    plant: toRound(1),
    said: /follow-diverged/,
  },
  {
    danger: 'our state of a source that is gone',
    finder: 'the next start',
    plant: async (scene) => {
      scene.follower.settle()
      const file = scene.follower.shadows.oldFile('app.db')
      renameSync(file, `${file}.away`)
      const said = await saying(scene.reopen())
      renameSync(`${file}.away`, file)
      await scene.reopen()
      return said
    },
    said: /follow-diverged.*gone/,
  },
  {
    danger: 'a second follower that has taken over, while the first still reads',
    finder: 'the round',
    plant: async (scene) => {
      scene.write(`insert into orders(code) values ('taken over')`)
      await scene.inTarget('update gpt_migrate.follow set epoch = epoch + 1')
      const said = await saying(scene.follower.takeRound())
      await scene.reopen()
      await scene.follower.takeRound()
      return said
    },
    said: /follow-lost/,
  },
  {
    danger: 'a round that is in the target already',
    finder: 'the round',
    plant: async (scene) => {
      scene.follower.settle()
      scene.write(`insert into orders(code) values ('twice')`)
      await scene.inTarget('update gpt_migrate.follow set round = round + 1')
      const said = await saying(scene.follower.takeRound())
      await scene.inTarget('update gpt_migrate.follow set round = round - 1')
      await scene.reopen()
      await scene.follower.takeRound()
      return said
    },
    said: /follow-lost/,
  },
  {
    danger: 'a row that the source changes, deleted in the target before',
    finder: 'the round',
    plant: async (scene) => {
      await scene.inTarget('create table public.kept as select * from public.orders where id = 5')
      await scene.inTarget('delete from public.orders where id = 5')
      scene.write(`update orders set code = 'changed' where id = 5`)
      const said = await saying(scene.follower.takeRound())
      await scene.inTarget('insert into public.orders select * from public.kept; drop table public.kept')
      await scene.follower.takeRound()
      return said
    },
    said: /target-changed.*app\.db\/orders/,
  },
  {
    danger: 'a row without a key that the source changes, changed in the target before',
    finder: 'the round',
    plant: async (scene) => {
      await scene.inTarget(`update public.plain set name = 'theirs' where name = 'one'`)
      scene.write(`update plain set number = 2 where name = 'one'`)
      const said = await saying(scene.follower.takeRound())
      await scene.inTarget(`update public.plain set name = 'one' where name = 'theirs'`)
      await scene.follower.takeRound()
      return said
    },
    said: /target-changed.*app\.db\/plain/,
  },
  {
    danger: 'another file under the name of the source, with the same bytes',
    finder: 'the round',
    plant: async (scene) => {
      renameSync(scene.file, `${scene.file}.away`)
      copyFileSync(`${scene.file}.away`, scene.file)
      const said = await saying(scene.follower.takeRound())
      renameSync(`${scene.file}.away`, scene.file)
      return said
    },
    said: /source-replaced/,
  },
  {
    danger: 'a cell changed in the target between two rounds',
    finder: 'the proof',
    plant: toTarget(
      `update public.orders set note = note || '!' where id = 7`,
      `update public.orders set note = left(note, -1) where id = 7`,
    ),
    said: /differing.*app\.db\/orders/,
  },
  {
    danger: 'a row added to the target between two rounds',
    finder: 'the proof',
    plant: toTarget(
      `insert into public.orders(id, code) values (99999, 'theirs')`,
      'delete from public.orders where id = 99999',
    ),
    said: /differing.*app\.db\/orders/,
  },
  {
    danger: 'a row without a key that is there twice',
    finder: 'the proof',
    plant: toTarget(
      `insert into public.plain select * from public.plain where name = 'two' limit 1`,
      `delete from public.plain where ctid = (select max(ctid) from public.plain where name = 'two')`,
    ),
    said: /differing.*app\.db\/plain/,
  },
  {
    danger: 'a row of quarantine that is gone',
    finder: 'the proof',
    plant: async (scene) => {
      scene.write('insert into orders(id, code) values (50000, char(97, 0, 98))')
      await scene.follower.takeRound()
      scene.follower.settle()
      await scene.inTarget(
        'create table public.kept as select * from gpt_migrate.quarantine; delete from gpt_migrate.quarantine',
      )
      const said = await scene.prove()
      await scene.inTarget(
        'insert into gpt_migrate.quarantine select * from public.kept; drop table public.kept',
      )
      return said
    },
    said: /differing.*app\.db\/orders/,
  },
  {
    danger: 'a table that is written again while it is compared',
    finder: 'the proof',
    plant: (scene) => scene.prove(() => scene.inTarget('vacuum full public.plain')),
    said: /unproven.*plain/,
  },
  {
    danger: 'a frame of the log that was skipped',
    finder: 'the proof',
    plant: async (scene) => {
      const { shadows } = scene.follower
      scene.follower.settle()
      const files = [shadows.oldFile('app.db'), shadows.newFile('app.db')]
      const before = files.map((file) => readFileSync(file))
      scene.write(`update orders set code = 'skipped' where id = 9`)
      await scene.follower.takeRound()
      scene.follower.settle()
      const after = files.map((file) => readFileSync(file))
      // As if that round had brought nothing: the marks have moved, the pages and the row have not.
      await scene.inTarget(`update public.orders set code = 'b9' where id = 9`)
      for (const [at, file] of files.entries()) writeFileSync(file, before[at]!)
      await scene.reopen()
      const first = await scene.follower.takeRound()
      const isSame = await scene.follower.isSourceUnchanged()
      for (const [at, file] of files.entries()) writeFileSync(file, after[at]!)
      await scene.inTarget(`update public.orders set code = 'skipped' where id = 9`)
      await scene.reopen()
      return `${first.kind}, compared whole: ${isSame ? 'unchanged' : 'changed'}`
    },
    said: /^unchanged, compared whole: changed$/,
  },
  {
    danger: 'a changed byte in our state of a source',
    finder: 'the proof',
    plant: async (scene) => {
      const { shadows } = scene.follower
      scene.follower.settle()
      const files = [shadows.oldFile('app.db'), shadows.newFile('app.db')]
      const whole = files.map((file) => readFileSync(file))
      for (const [at, file] of files.entries()) {
        const bytes = Buffer.from(whole[at]!)
        bytes[bytes.indexOf('a byte of this')] = 0x41
        writeFileSync(file, bytes)
      }
      await scene.reopen()
      const first = await scene.follower.takeRound()
      const isSame = await scene.follower.isSourceUnchanged()
      for (const [at, file] of files.entries()) writeFileSync(file, whole[at]!)
      await scene.reopen()
      return `${first.kind}, compared whole: ${isSame ? 'unchanged' : 'changed'}`
    },
    said: /^unchanged, compared whole: changed$/,
  },
  {
    danger: 'a fence that was never held',
    finder: 'the fence',
    plant: (scene) => scene.tryFence('prove'),
    said: /fence-not-held/,
  },
  {
    danger: 'a command that is started after the fence was opened',
    finder: 'the fence',
    plant: (scene) => scene.tryFence('start'),
    said: /fence had been opened before/,
  },
  {
    danger: 'a write to the old file after the cut-over',
    finder: 'status',
    plant: (scene) => scene.late('sqlite'),
    said: /app\.db\/orders.*"rows":1/,
  },
  {
    danger: 'a write to PostgreSQL past the barrier after the way back',
    finder: 'status',
    plant: (scene) => scene.late('postgres'),
    said: /public\.orders.*"changes":1|"changes":1.*public\.orders/,
  },
]
