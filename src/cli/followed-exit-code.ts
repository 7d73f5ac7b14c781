/** The exit code of a command that followed: it is always stopped from outside and can be resumed. */
import { exitCodes } from '../engine/door/index.ts'

export function followedExitCode({ stoppedBy }: { readonly stoppedBy: 'SIGINT' | 'SIGTERM' | null }): number {
  if (stoppedBy === 'SIGINT') return exitCodes.interrupted
  return stoppedBy === 'SIGTERM' ? exitCodes.terminated : exitCodes.ok
}
