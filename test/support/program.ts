/** The program as a user starts it: the launcher in a process of its own, on the built code. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../../bin/gpt-migrate.js', import.meta.url))

export type Ended = {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly errors: string
}

type Started = { readonly child: ChildProcess; readonly ended: Promise<Ended> }

type ProgramOptions = {
  readonly cwd?: string
  readonly env?: Record<string, string>
  /** The user that the program runs as, when the tests run as root. */
  readonly uid?: number
  /** A limit that the shell sets first, such as `ulimit -n 150`. */
  readonly limit?: string
}

export function startProgram(args: readonly string[], options: ProgramOptions = {}): Started {
  const {
    PGHOST: _host,
    PGDATABASE: _database,
    PGSERVICE: _service,
    DATABASE_URL: _url,
    PGPASSWORD: _password,
    PGPASSFILE: _passwords,
    ...env
  } = process.env
  const command = [process.execPath, launcher, ...args]
  const [program, ...rest] =
    options.limit === undefined ? command : ['sh', '-c', `${options.limit}; exec "$0" "$@"`, ...command]
  const child = spawn(program!, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.cwd,
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    env: { ...env, ...options.env },
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, output, errors }))
  })
  return { child, ended }
}

/** The descendants of a process, as far as they have not been reparented. */
export function processesOf(pid: number): readonly number[] {
  let pairs: string
  try {
    pairs = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
  } catch {
    return []
  }
  const rows = pairs
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  const found: number[] = []
  for (let parents = [pid]; parents.length > 0; ) {
    parents = rows.filter(([, parent]) => parents.includes(parent!)).map(([child]) => child!)
    found.push(...parents)
  }
  return found
}

export const runProgram = (args: readonly string[], options: ProgramOptions = {}): Promise<Ended> =>
  startProgram(args, options).ended
