/** Benches one dataset: runs every program in turn, as often as asked, and prints the tables of results. */
import pg from 'pg'
import { writeDdl } from '../src/engine/plan/ddl/ddl.ts'
import type { Statement } from '../src/engine/plan/ddl/ddl-statement.ts'
import { type Contender, exportForServer, installedContenders } from './contenders.ts'
import type { Dataset } from './data.ts'
import { compareTable, type Equality } from './equality.ts'
import type { BenchOptions } from './options.ts'
import { prepareOurs, runOurs, runSteps } from './our-run.ts'
import type { OurResult } from './ours.ts'
import type { BenchServer } from './server.ts'
import type { Step } from './steps.ts'
import { fixed, median, printTable } from './table.ts'

export type BenchSetting = {
  readonly server: BenchServer
  /** For files of this run; removed afterwards. */
  readonly folder: string
  readonly dataFolder: string
  readonly options: BenchOptions
  readonly say: (text: string) => void
}

/** One program's loads of one dataset; the indexes are built after the load and timed separately. */
type Loads = {
  readonly name: string
  readonly version: string
  /** One entry for each repeat; all fields are null when the load failed. */
  readonly loads: {
    readonly seconds: number | null
    readonly cpuSeconds: number | null
    readonly peakMegabytes: number | null
    readonly indexSeconds: number | null
  }[]
  equality: readonly Equality[] | null
}

export type DatasetResult = {
  readonly dataset: string
  readonly rows: number
  readonly programs: readonly Loads[]
  readonly ours: readonly OurResult[]
  readonly steps: readonly Step[]
}

const ourDatabase = 'bench_ours'
const otherDatabase = 'bench_other'

export async function benchDataset(setting: BenchSetting, dataset: Dataset): Promise<DatasetResult> {
  const { server, folder, options, say } = setting
  const ourSetting = { folder, jobs: options.jobs }
  await renew(server, ourDatabase, [])
  const { preparedFile, prepared } = await prepareOurs(ourSetting, dataset, server.urlOf(ourDatabase))
  const ddl = writeDdl(prepared.plan.schema, Number(server.version))

  const ours: OurResult[] = []
  const ownLoads: Loads = { name: 'gpt-migrate', version: '', loads: [], equality: null }
  const others: Loads[] = []
  let contenders: readonly Contender[] = []
  const repeats = options.steps ? 1 : options.repeats
  for (let repeat = 0; repeat < repeats; repeat++) {
    await renew(server, ourDatabase, [])
    const run = await runOurs(ourSetting, dataset, server.urlOf(ourDatabase))
    ours.push(run)
    const copy = phaseOf(run, 'copy')
    const { peakMegabytes } = run
    ownLoads.loads.push({ ...copy, peakMegabytes, indexSeconds: phaseOf(run, 'index').seconds })
    say(`  gpt-migrate: copy ${fixed(copy.seconds)} s, whole run ${fixed(wholeSeconds(run))} s`)
    if (options.steps) break
    if (repeat === 0) {
      ownLoads.equality = await compareAll(server, dataset, ourDatabase)
      contenders = [
        await exportForServer(setting, dataset, ourDatabase),
        ...(options.alone ? [] : installedContenders(setting)),
      ]
    }
    for (const [at, contender] of contenders.entries()) {
      const { name, version } = contender
      others[at] ??= { name, version, loads: [], equality: null }
      const other = others[at]
      await renew(server, otherDatabase, ddl.beforeLoad)
      const measured = await loadOrReport(contender, dataset, say)
      if (measured === null) {
        other.loads.push({ seconds: null, cpuSeconds: null, peakMegabytes: null, indexSeconds: null })
        continue
      }
      other.equality ??= await compareAll(server, dataset, otherDatabase)
      const indexSeconds = await buildIndexes(server, otherDatabase, ddl.afterLoad)
      const { seconds, cpuSeconds, peakMegabytes } = measured
      other.loads.push({ seconds, cpuSeconds, peakMegabytes, indexSeconds })
      say(`  ${name}: ${fixed(seconds)} s, its indexes ${fixed(indexSeconds)} s`)
    }
  }
  const steps = await runSteps(ourSetting, { preparedFile, url: server.urlOf(ourDatabase) })
  const rows = dataset.tables.reduce((sum, table) => sum + table.rows, 0)
  const came = others.filter(({ loads }) => loads.some(({ seconds }) => seconds !== null))
  const result = { dataset: dataset.name, rows, programs: [ownLoads, ...came], ours, steps }
  if (!options.steps) {
    say(copyTable(result))
    say(wholeTable(result))
  }
  say(stepsTable(result))
  return result
}

/** Loads the dataset; a failed load is reported and left out of the medians. */
async function loadOrReport(contender: Contender, dataset: Dataset, say: BenchSetting['say']) {
  try {
    return await contender.load(dataset, otherDatabase)
  } catch (error) {
    const [reason = ''] =
      /^.*exhausted.*$/im.exec(String(error)) ?? /^.*(error|fatal).*$/im.exec(String(error)) ?? []
    say(`  ${contender.name} failed: ${reason.slice(0, 120)}`)
    return null
  }
}

/** Makes an empty database, executes the statements, and writes a checkpoint, so that no writes remain during the next program's load. */
async function renew(server: BenchServer, database: string, statements: readonly Statement[]): Promise<void> {
  await server.run('postgres', [`drop database if exists ${database}`, `create database ${database}`])
  await server.run(
    database,
    statements.map(({ sql }) => sql),
  )
  await server.run('postgres', ['checkpoint'])
}

async function compareAll(server: BenchServer, dataset: Dataset, database: string): Promise<Equality[]> {
  const compared: Equality[] = []
  for (const table of dataset.tables) {
    compared.push(await compareTable(dataset.file, server.urlOf(database), table))
  }
  return compared
}

/** Builds two indexes at a time, with more memory than the server's default. */
async function buildIndexes(
  server: BenchServer,
  database: string,
  statements: readonly Statement[],
): Promise<number> {
  const queue = [...statements]
  const startedAt = performance.now()
  const lane = async (): Promise<void> => {
    const client = new pg.Client({ connectionString: server.urlOf(database) })
    await client.connect()
    await client.query("set maintenance_work_mem = '256MB'")
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await client.query(next.sql)
    await client.end()
  }
  await Promise.all([lane(), lane()])
  return (performance.now() - startedAt) / 1000
}

function nameOf({ name, version, loads }: Loads): string {
  const ended = loads.filter(({ seconds }) => seconds !== null).length
  const runs = ended === loads.length ? '' : `, ${ended} of ${loads.length} runs`
  return `${name} ${version}`.trim() + runs
}

export function phaseOf(run: OurResult, name: string): { seconds: number; cpuSeconds: number } {
  const { seconds = 0, cpuSeconds = 0 } = run.phases.find(({ phase }) => phase === name) ?? {}
  return { seconds, cpuSeconds }
}

/** From snapshot to verification, without the start of Node, which is in no phase. */
export function wholeSeconds(run: OurResult): number {
  return run.phases.reduce((sum, phase) => sum + phase.seconds, 0)
}

/** The median of our time divided by theirs, paired by repeat. */
function ratio(ours: readonly (number | null)[], theirs: readonly (number | null)[]): number | null {
  const ratios = theirs.flatMap((their, at) => {
    const own = ours[at] ?? null
    return own === null || their === null ? [] : [own / their]
  })
  return ratios.length === 0 ? null : median(ratios)
}

function copyTable({ dataset, rows, programs }: DatasetResult): string {
  const own = programs[0]!
  const lines = programs.map((program) => {
    const pick = (field: 'seconds' | 'cpuSeconds' | 'peakMegabytes') =>
      program.loads.map((load) => load[field])
    const middle = (field: 'seconds' | 'cpuSeconds' | 'peakMegabytes') => {
      const known = pick(field).filter((value) => value !== null)
      return known.length === 0 ? null : median(known)
    }
    const ownOver = (field: 'seconds' | 'cpuSeconds' | 'peakMegabytes') =>
      fixed(
        ratio(
          own.loads.map((load) => load[field]),
          pick(field),
        ),
      )
    return [
      nameOf(program),
      fixed(middle('seconds')),
      fixed(rows / middle('seconds')! / 1000, 0),
      fixed(middle('cpuSeconds')),
      fixed(middle('peakMegabytes'), 0),
      ownOver('seconds'),
      ownOver('cpuSeconds'),
      ownOver('peakMegabytes'),
      sayEquality(program.equality),
    ]
  })
  return printTable(
    `${dataset}, ${rows.toLocaleString('en-US')} rows: the copy alone, no indexes`,
    ['', 'wall s', 'krows/s', 'CPU s', 'MB', 'ours/wall', 'ours/CPU', 'ours/MB', 'values'],
    lines,
  )
}

function sayEquality(equality: readonly Equality[] | null): string {
  if (equality === null) return '–'
  if (equality.every((table) => table.equal)) return 'all equal'
  const cells = equality.reduce((sum, table) => sum + table.differingCells, 0)
  return cells > 0 ? `${cells.toLocaleString('en-US')} CHANGED` : 'ROWS MISSING'
}

function wholeTable({ dataset, rows, programs, ours }: DatasetResult): string {
  const own = ours.map(wholeSeconds)
  const lines = programs.map((program, at) => {
    const whole =
      at === 0
        ? own
        : program.loads.map(({ seconds, indexSeconds }) =>
            seconds === null ? null : seconds + (indexSeconds ?? 0),
          )
    return [
      at === 0
        ? 'gpt-migrate: snapshot, census, copy, indexes, every byte verified'
        : `${nameOf(program)}: load, indexes`,
      fixed(median(whole.filter((seconds) => seconds !== null))),
      fixed(ratio(own, whole)),
    ]
  })
  return printTable(
    `${dataset}, ${rows.toLocaleString('en-US')} rows: the whole run`,
    ['', 'wall s', 'ours/wall'],
    lines,
  )
}

function stepsTable({ dataset, rows, ours, steps }: DatasetResult): string {
  const phases = (ours[0]?.phases ?? []).map(({ phase }) => {
    const all = ours.map((run) => phaseOf(run, phase))
    return {
      step: `phase ${phase}`,
      seconds: median(all.map((one) => one.seconds)),
      cpuSeconds: median(all.map((one) => one.cpuSeconds)),
    }
  })
  const perRow = (seconds: number): string => fixed((seconds / rows) * 1e9, 0)
  return printTable(
    `${dataset}: gpt-migrate's phases in the run, and its steps alone in one thread`,
    ['', 'wall s', 'CPU s', 'CPU ns/row'],
    [...phases, ...steps].map(({ step, seconds, cpuSeconds }) => [
      step,
      fixed(seconds),
      fixed(cpuSeconds),
      perRow(cpuSeconds),
    ]),
  )
}
