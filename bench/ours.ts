/**
 * One run of gpt-migrate as a process of its own, as its command line runs it, with the engine of dist/. Prints as JSON the seconds and CPU
 * of every phase, and the peak memory of its own process, which does little, since the engine has another. With `prepareTo`, it stops after
 * the plan and writes it there.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { EngineProcess, type RunEvent } from '../src/engine/door/index.ts'
import type { PlanOptions } from '../src/engine/model/plan.ts'
import type { VerifyLevel } from '../src/engine/model/report.ts'
import { resolveTarget } from '../src/engine/target/address/address.ts'
import { cpuSecondsHere } from './measure.ts'

export type OurRequest = {
  readonly file: string
  readonly database: string
  readonly url: string
  /** Target types by table and column. */
  readonly types: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly verifyLevel: VerifyLevel
  readonly jobs: number | null
  readonly prepareTo: string | null
}

type OurPhase = { readonly phase: string; readonly seconds: number; readonly cpuSeconds: number }

export type OurResult = {
  readonly status: string
  readonly seconds: number
  readonly cpuSeconds: number
  readonly phases: readonly OurPhase[]
  readonly peakMegabytes: number
  readonly readers: readonly string[]
}

const options: PlanOptions = {
  timezone: 'UTC',
  orphans: 'keep',
  unmapped: 'add',
  onOverflow: 'widen',
  onReject: 'quarantine',
  exact: false,
  allowMissing: true,
  schema: null,
  identifiers: 'keep',
  strictTypes: false,
  int4WhenFits: false,
  timeseries: 'native',
  exclude: [],
}

async function main(request: OurRequest): Promise<void> {
  const startedAt = performance.now()
  const phases: OurPhase[] = []
  let before = cpuSecondsHere()
  const onEvent = (event: RunEvent): void => {
    if (event.type === 'phase-started') before = cpuSecondsHere()
    if (event.type !== 'phase-finished') return
    const cpuSeconds = cpuSecondsHere() - before
    phases.push({ phase: event.phase, seconds: event.elapsedMs / 1000, cpuSeconds })
  }
  const folder = mkdtempSync(join(dirname(request.file), 'run-'))
  const engine = new EngineProcess()
  try {
    const address = resolveTarget({ target: request.url, env: {} })
    const found = await engine.call('examineTarget', { address, jobs: request.jobs, options })
    const edits = Object.entries(request.types).flatMap(([table, columns]) =>
      Object.entries(columns).map(([column, type]) => ({
        tableId: `${request.database}/${table}`,
        column,
        change: { kind: 'type' as const, type },
      })),
    )
    const runFolder = request.prepareTo === null ? folder : dirname(request.prepareTo)
    const prepared = await engine.call(
      'prepare',
      {
        run: 'bench',
        folder: runFolder,
        databases: [{ database: request.database, path: request.file }],
        as: {},
        mapping: 'auto',
        options,
        edits,
        probe: found.probe,
        address,
        salvage: false,
        findings: [],
      },
      onEvent,
    )
    if (request.prepareTo !== null) {
      writeFileSync(request.prepareTo, JSON.stringify(prepared))
      return
    }
    const report = await engine.call(
      'migrate',
      {
        prepared,
        address,
        jobs: request.jobs,
        verifyLevel: request.verifyLevel,
        resumed: null,
        embedded: null,
        command: 'bench',
        keepDays: 14,
        reportFile: null,
        startedAt: new Date().toISOString(),
      },
      onEvent,
    )
    const result: OurResult = {
      status: report.status,
      seconds: (performance.now() - startedAt) / 1000,
      cpuSeconds: cpuSecondsHere(),
      phases,
      peakMegabytes: process.resourceUsage().maxRSS / 1024,
      readers: report.tables.map((table) => table.reader ?? 'none'),
    }
    process.stdout.write(JSON.stringify(result))
  } finally {
    await engine.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

// better-sqlite3 reads this once, when it opens its first database; bin/ sets it too.
process.env.SQLITE_USE_URI = '1'
await main(JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as OurRequest)
