/** Time per row and peak memory for growing tables: both should stay constant. */
import { type BenchSetting, phaseOf, wholeSeconds } from './bench-dataset.ts'
import { makeDataset } from './data.ts'
import { runOurs } from './our-run.ts'
import { fixed, median, printTable } from './table.ts'

type ScalingPoint = {
  readonly rows: number
  readonly copySeconds: number
  readonly wholeSeconds: number
  readonly cpuSeconds: number
  readonly peakMegabytes: number
}

export async function benchScaling(setting: BenchSetting): Promise<ScalingPoint[]> {
  const { server, folder, dataFolder, options, say } = setting
  const points: ScalingPoint[] = []
  for (const factor of [1, 3, 10]) {
    const rows = options.rows * factor
    say(`\nmaking trades, ${rows.toLocaleString('en-US')} rows`)
    const dataset = makeDataset('trades', rows, dataFolder)
    const runs = []
    for (let repeat = 0; repeat < options.repeats; repeat++) {
      await server.run('postgres', ['drop database if exists bench_ours', 'create database bench_ours'])
      await server.run('postgres', ['checkpoint'])
      runs.push(await runOurs({ folder, jobs: options.jobs }, dataset, server.urlOf('bench_ours')))
    }
    points.push({
      rows,
      copySeconds: median(runs.map((run) => phaseOf(run, 'copy').seconds)),
      wholeSeconds: median(runs.map(wholeSeconds)),
      cpuSeconds: median(runs.map((run) => run.cpuSeconds)),
      peakMegabytes: median(runs.map((run) => run.peakMegabytes)),
    })
  }
  const microseconds = (seconds: number, rows: number): string => fixed((seconds / rows) * 1e6)
  say(
    printTable(
      'gpt-migrate as the table grows',
      ['rows', 'copy µs/row', 'whole µs/row', 'CPU µs/row', 'peak MB'],
      points.map((point) => [
        point.rows.toLocaleString('en-US'),
        microseconds(point.copySeconds, point.rows),
        microseconds(point.wholeSeconds, point.rows),
        microseconds(point.cpuSeconds, point.rows),
        fixed(point.peakMegabytes, 0),
      ]),
    ),
  )
  return points
}
