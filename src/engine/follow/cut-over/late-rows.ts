/**
 * Finds rows written to the old files after a cut-over, by a process that was missed. Invariant: our copies as of the fence stay unchanged;
 * moved bytes that change no row, as by the old application's last checkpoint, are not reported.
 */

import { constants, copyFileSync, existsSync, rmSync } from 'node:fs'
import type { RoundHeader } from '../../model/follow.ts'
import type { LateRows, WrittenSince } from '../../model/live-answers.ts'
import type { FollowWork } from '../follower.ts'
import { compareRound } from '../round/compare-round.ts'
import type { EncodedRow } from '../round/encode-changes.ts'
import { openFollowed } from '../round/followed-database.ts'
import { KnownOrphans } from '../round/moved-parents.ts'
import { Shadows } from '../round/shadows.ts'
import { SourceProcess } from '../source-process/source-process.ts'

export type LateWork = Pick<FollowWork, 'run' | 'folder' | 'plan' | 'catalogs' | 'snapshots'> & {
  /** The last round, read under the fence. */
  readonly round: number
}

export async function findLateRows(work: LateWork): Promise<LateRows> {
  const { run, round, folder, snapshots } = work
  const gone = snapshots.find(({ path }) => !existsSync(path))
  if (gone !== undefined) return { kind: 'looked', tables: [] }
  const names = snapshots.map(({ database }) => database)
  if (!existsSync(folder))
    return { kind: 'unknown', reason: `the run's folder ${folder} is not on this machine` }
  const shadows = new Shadows(folder, run, names)
  if (!shadows.lock())
    return { kind: 'unknown', reason: 'another process is working on the files of the run' }
  const source = await SourceProcess.start()
  const part = shadows.partFile(0)
  try {
    if (shadows.readState() === null)
      return { kind: 'unknown', reason: `the files of the run in ${folder} are gone` }
    // The process of the cut-over may have ended before it brought the copies to the last round.
    shadows.recover(round)
    const state = shadows.readState()!
    const { outcome } = await source.ask(
      {
        kind: 'read',
        sources: snapshots.map(({ database, path }) => ({
          database,
          path,
          mark: null,
          shadow: shadows.oldFile(database),
        })),
        part,
        run,
        round: state.round + 1,
        wholly: true,
      },
      'read',
    )
    switch (outcome.kind) {
      case 'unchanged':
        return { kind: 'looked', tables: [] }
      case 'later':
        return { kind: 'unknown', reason: outcome.reason }
      case 'replaced':
        return { kind: 'unknown', reason: `${outcome.path} is another file than before` }
      case 'changed': {
        const { takenAt, databases } = outcome
        const header: RoundHeader = { version: 1, run, round: state.round + 1, takenAt, databases }
        return {
          kind: 'looked',
          tables: compare(work, shadows, header, part),
        }
      }
      default:
        return outcome satisfies never
    }
  } finally {
    rmSync(part, { force: true })
    await source.end()
    shadows.unlock()
  }
}

function compare(
  work: LateWork,
  shadows: Shadows,
  header: RoundHeader,
  part: string,
): readonly WrittenSince[] {
  const databases = openFollowed(work, shadows)
  try {
    shadows.writeRound(header, part)
    const nothingKnown = { orphans: new KnownOrphans(), refused: new Map() }
    const deltas = compareRound({ plan: work.plan, ...nothingKnown, databases, shadows }, header)
    return deltas.map(({ tableId, gone, come }) => ({
      tableId,
      rows: Math.max(gone.length, come.length),
      keys: [...new Set([...come, ...gone].map(keyText))].slice(0, MOST_KEYS),
    }))
  } finally {
    for (const database of databases.values()) database.close()
    for (const { database } of work.snapshots)
      copyFileSync(shadows.oldFile(database), shadows.newFile(database), constants.COPYFILE_FICLONE)
  }
}

const MOST_KEYS = 5

function keyText({ ifRefused, quarantine }: EncodedRow): string {
  const key = (ifRefused ?? quarantine)[0]?.key ?? []
  return key.map((cell) => (cell === null ? 'null' : String(Object.values(cell)[0]))).join(', ')
}
