/** Which processes of a cut-over still run. Invariant: only a process that is seen to run on this machine is reported. */
import { hostname } from 'node:os'
import { Shadows } from '../../follow/round/shadows.ts'
import { runningCommand } from '../../follow/source-process/command.ts'
import { isSourceProcess } from '../../follow/source-process/source-process.ts'
import type { FollowRecord } from '../../model/follow.ts'
import type { RunRecord } from '../../model/journal.ts'
import { folderOf } from '../prepare/resume.ts'

/** Returns the process ids of the command and of the process that holds the fence; null when it has ended or is on another machine. */
export function runningCutOver(
  { owner, cutOver }: FollowRecord,
  record: RunRecord,
): { readonly command: number | null; readonly holder: number | null } {
  if (cutOver === null || owner?.host !== hostname()) return { command: null, holder: null }
  const { commandNote } = new Shadows(folderOf(record), record.run, [])
  return {
    command: runningCommand(commandNote),
    holder: isSourceProcess(cutOver.child) ? cutOver.child : null,
  }
}
