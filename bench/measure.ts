/**
 * Runs a program and measures it from outside: wall time, CPU of everything it started (as wait4 reports to the shell), and the sum of its
 * processes' peak memory (Linux only: /proc is read every 20 ms, and the kernel keeps each process's peak).
 */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

export type Measured = {
  readonly seconds: number
  readonly cpuSeconds: number | null
  readonly peakMegabytes: number | null
  readonly output: string
  /** From the start to the first byte of output. */
  readonly firstOutputSeconds: number | null
}

const POLL_MS = 20

/** Throws with the program's output when it fails. */
export async function measure(
  command: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Promise<Measured> {
  const startedAt = performance.now()
  // `times` prints the shell's own times, then those of its children, as summed up by the kernel.
  const child = spawn('sh', ['-c', '"$@"; status=$?; times >&3; exit $status', 'sh', command, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  const said: string[] = ['', '', '', '']
  let firstOutputSeconds: number | null = null
  for (const at of [1, 2, 3]) {
    const stream = child.stdio[at] as NodeJS.ReadableStream
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => {
      if (at === 1) firstOutputSeconds ??= (performance.now() - startedAt) / 1000
      said[at] += text
    })
  }
  const peaks = new Map<string, number>()
  const poll = setInterval(() => notePeaks(child.pid!, peaks), POLL_MS)
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  }).finally(() => clearInterval(poll))
  const seconds = (performance.now() - startedAt) / 1000
  if (status !== 0)
    throw new Error(`${command} ended with ${status}: ${`${said[1]}\n${said[2]}`.trim().slice(-2000)}`)
  const megabytes = [...peaks.values()].reduce((sum, kilobytes) => sum + kilobytes, 0) / 1024
  return {
    seconds,
    cpuSeconds: readTimes(said[3]!),
    peakMegabytes: peaks.size === 0 ? null : megabytes,
    output: said[1]!,
    firstOutputSeconds,
  }
}

/** The second line of `times`: `0m1.230000s 0m0.140000s`. */
function readTimes(text: string): number | null {
  const line = text.trim().split('\n')[1]
  const parts = [...(line ?? '').matchAll(/(\d+)m([\d.]+)s/g)]
  if (parts.length !== 2) return null
  return parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0)
}

/** Records the peak memory of every descendant of the shell, by process id. */
function notePeaks(shell: number, peaks: Map<string, number>): void {
  for (const { pid } of descendantsOf(shell)) {
    const status = readText(`/proc/${pid}/status`) ?? ''
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(status)
    if (peak !== null) peaks.set(String(pid), Math.max(peaks.get(String(pid)) ?? 0, Number(peak[1])))
  }
}

/** The CPU seconds of this process and of its running descendants; of this process alone when there is no /proc. */
export function cpuSecondsHere(): number {
  const { user, system } = process.cpuUsage()
  const others = descendantsOf(process.pid).reduce((sum, { ticks }) => sum + ticks, 0)
  return (user + system) / 1e6 + others / TICKS_A_SECOND
}

/** proc(5): the kernel's clock ticks per second, equal on every machine that Node supports. */
const TICKS_A_SECOND = 100

/**
 * Follows proc(5)'s list of the children of each thread, since reading every process of the machine each time would take from a program
 * that keeps all cores busy. Not in the result: descendants whose parent has ended.
 */
function descendantsOf(ancestor: number): { readonly pid: number; readonly ticks: number }[] {
  return childrenOf(ancestor).flatMap((pid) => {
    const stat = readText(`/proc/${pid}/stat`)
    if (stat === null) return []
    // From the third field on: state, parent, …; the 14th and 15th are the times in user and system mode.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return [{ pid, ticks: Number(fields[11]) + Number(fields[12]) }, ...descendantsOf(pid)]
  })
}

function childrenOf(pid: number): readonly number[] {
  return threadsOf(pid).flatMap((thread) => {
    const children = readText(`/proc/${pid}/task/${thread}/children`) ?? ''
    return children.split(' ').filter(Boolean).map(Number)
  })
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return null
  }
}
