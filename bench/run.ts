/**
 * The bench: gpt-migrate beside other programs on this machine, with generated data, into a server of its own. Everything is compared
 * within one run and in turn, so that ratios are valid where absolute figures aren't.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { benchDataset, type DatasetResult } from './bench-dataset.ts'
import { makeDataset } from './data.ts'
import { benchLive } from './live.ts'
import { benchManyTables, type ManyTablesResult } from './many-tables.ts'
import { benchHelp, readOptions } from './options.ts'
import { benchPeers, type PeerResult } from './peers.ts'
import { benchScaling } from './scaling.ts'
import { startBenchServer } from './server.ts'
import { benchStart, type StartRow } from './start.ts'
import { benchTimeline, type TimedSpan } from './timeline.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const options = readOptions(process.argv.slice(2))
if (options === null) {
  say(benchHelp)
} else {
  const dataFolder = options.dataFolder ?? here('./data')
  const folder = mkdtempSync(join(tmpdir(), 'gpt-migrate-bench-run-'))
  chmodSync(folder, 0o755)
  const server = await startBenchServer()
  const stop = async (): Promise<void> => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('SIGINT', () => void stop().then(() => process.exit(130)))
  const results: DatasetResult[] = []
  let live: Awaited<ReturnType<typeof benchLive>> | null = null
  let timeline: readonly TimedSpan[] | null = null
  let peers: readonly PeerResult[] | null = null
  let start: readonly StartRow[] | null = null
  let manyTables: ManyTablesResult | null = null
  let scaling: Awaited<ReturnType<typeof benchScaling>> | null = null
  try {
    say(
      `PostgreSQL ${server.version} (${server.kind}), Node ${process.versions.node}, ${cpus().length} cores`,
    )
    const setting = { server, folder, dataFolder, options, say }
    if (options.live !== null) live = await benchLive(server, folder, options.live, say)
    else if (options.isPeers) peers = await benchPeers(setting)
    else if (options.start) start = await benchStart(setting)
    else if (options.tables !== null) manyTables = await benchManyTables(setting)
    else if (options.timeline) {
      mkdirSync(here('./results'), { recursive: true })
      timeline = await benchTimeline(setting, here(`./results/timeline-${options.rows}.svg`))
    } else if (options.scaling) scaling = await benchScaling(setting)
    else {
      for (const name of options.datasets) {
        const rows = name === 'five' ? options.rows * 2 : options.rows
        say(`\nmaking ${name}, ${rows.toLocaleString('en-US')} rows`)
        results.push(await benchDataset(setting, makeDataset(name, rows, dataFolder)))
      }
    }
  } finally {
    await stop()
  }
  const what =
    options.live !== null
      ? 'live'
      : options.isPeers
        ? 'peers'
        : options.start
          ? 'start'
          : options.tables !== null
            ? `${options.tables}-tables`
            : options.timeline
              ? 'timeline'
              : options.scaling
                ? 'scaling'
                : options.steps
                  ? 'steps'
                  : options.datasets.join('-')
  const file = here(`./results/${new Date().toISOString().slice(0, 10)}-${what}-${options.rows}.json`)
  mkdirSync(here('./results'), { recursive: true })
  const machine = {
    cores: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
  }
  const { rows, repeats } = options
  writeFileSync(
    file,
    `${JSON.stringify({ rows, repeats, postgres: server.version, machine, results, scaling, live, peers, timeline, start, manyTables }, null, 2)}\n`,
  )
  say(`\nwritten: ${file}`)
}
