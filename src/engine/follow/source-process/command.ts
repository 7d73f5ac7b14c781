/** The command that starts the application on PostgreSQL. Invariant: it is started once, in a process group of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'

export class StartedCommand {
  readonly process: number
  readonly startedAt = performance.now()
  #exitCode: number | null = null
  #hasEnded = false
  readonly ended: Promise<void>

  private constructor(child: ChildProcess) {
    this.process = child.pid!
    this.ended = new Promise((resolve) => {
      child.once('exit', (code) => {
        this.#exitCode = code
        this.#hasEnded = true
        resolve()
      })
    })
  }

  /** Resolves when the command runs. Its output goes to the file `log`, so that no pipe has to be read. */
  static async start(
    command: string,
    env: Readonly<Record<string, string>>,
    log: string,
  ): Promise<StartedCommand> {
    const output = openSync(log, 'a', 0o600)
    const child = spawn(command, {
      shell: true,
      detached: true,
      stdio: ['ignore', output, output],
      env: { ...process.env, ...env },
    })
    try {
      const started = new StartedCommand(child)
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve)
        child.once('error', reject)
      })
      return started
    } finally {
      closeSync(output)
    }
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** The exit code; null while it runs, and when a signal ended it. */
  get exitCode(): number | null {
    return this.#exitCode
  }

  async waitFor(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const time = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms)
    })
    await Promise.race([this.ended, time])
    clearTimeout(timer)
    return this.#hasEnded
  }
}

/** Records which process the command is, for programs that outlive the one that started it. */
export function noteCommand(file: string, id: number): void {
  writeFileSync(file, JSON.stringify({ process: id, since: startOf(id) }), { mode: 0o600 })
}

/** Returns the process id of a recorded command that still runs; null when it has ended or none was recorded. */
export function runningCommand(file: string): number | null {
  let noted: { readonly process: number; readonly since: string | null }
  try {
    noted = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
  // The operating system reuses process ids.
  return noted.since !== null && startOf(noted.process) === noted.since ? noted.process : null
}

/** Returns a process's start time in ticks (proc(5), `stat`, field 22); null when it is unavailable or the process has ended. */
function startOf(id: number): string | null {
  try {
    const fields = readFileSync(`/proc/${id}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] === 'Z' ? null : fields[19]!
  } catch {
    return null
  }
}
