import type { Surroundings } from '../faces/choose-face.ts'

/** What a command sees of the process: its environment, its two streams, its terminal. */
export type World = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly print: (line: string) => void
  readonly complain: (line: string) => void
  readonly terminal: Omit<Surroundings, 'json' | 'plain'>
  /** `--verbose`. */
  readonly isVerbose: boolean
  /** `--quiet`. */
  readonly isQuiet: boolean
  readonly platform: string
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  /** Sends the process's signals to `listener`; null restores the default handling. */
  readonly onSignal: (listener: ((signal: 'SIGINT' | 'SIGTERM') => void) | null) => void
  /** Ends the process at once, with the exit code of the signal. */
  readonly leaveNow: (signal: 'SIGINT' | 'SIGTERM') => void
}
