/**
 * Runs gpt-migrate, or its steps alone, as a process of its own. The script is bundled to JavaScript, like the program: Node's loading of
 * TypeScript takes memory that gpt-migrate itself doesn't.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundle, root } from '../scripts/bundle.ts'
import type { Prepared } from '../src/engine/run/prepare/prepare.ts'
import type { Dataset } from './data.ts'
import { type Measured, measure } from './measure.ts'
import type { OurRequest, OurResult } from './ours.ts'
import type { Step, StepsRequest } from './steps.ts'

// A folder from which packages are found.
const scripts = join(root, 'node_modules', '.cache', 'bench')
let bundling: Promise<void> | null = null

type OurSetting = {
  readonly folder: string
  readonly jobs: number | null
  /** The file for the spans of the run's work, if they are recorded. */
  readonly spansFile?: string
}

/** Throws when the run failed. */
export async function runOurs(
  { folder, jobs, spansFile }: OurSetting,
  dataset: Dataset,
  url: string,
): Promise<OurResult> {
  const request: OurRequest = { ...requestFor(dataset, url), jobs }
  const env = spansFile === undefined ? process.env : recording(spansFile)
  const { output, cpuSeconds, peakMegabytes } = await runScript('ours', request, folder, env)
  const own = JSON.parse(output) as OurResult
  // Of all its processes, since the engine has one of its own.
  const result = {
    ...own,
    cpuSeconds: cpuSeconds ?? own.cpuSeconds,
    peakMegabytes: peakMegabytes ?? own.peakMegabytes,
  }
  if (result.status !== 'ok') throw new Error(`gpt-migrate ended with ${result.status} on ${dataset.name}`)
  return result
}

/** Makes only the snapshot and the plan, and keeps them in the folder. */
export async function prepareOurs(
  { folder }: OurSetting,
  dataset: Dataset,
  url: string,
): Promise<{ readonly preparedFile: string; readonly prepared: Prepared }> {
  const preparedFile = join(folder, `prepared-${dataset.name}.json`)
  await runScript('ours', { ...requestFor(dataset, url), prepareTo: preparedFile }, folder)
  return { preparedFile, prepared: JSON.parse(readFileSync(preparedFile, 'utf8')) as Prepared }
}

export async function runSteps({ folder }: OurSetting, request: StepsRequest): Promise<readonly Step[]> {
  return JSON.parse((await runScript('steps', request, folder)).output) as Step[]
}

function requestFor(dataset: Dataset, url: string): OurRequest {
  return {
    file: dataset.file,
    database: basename(dataset.file),
    url,
    types: Object.fromEntries(dataset.tables.map((table) => [table.name, table.types])),
    verifyLevel: 'checksum',
    jobs: null,
    prepareTo: null,
  }
}

/** The environment that makes every process of gpt-migrate write its spans into the file. */
function recording(spansFile: string): NodeJS.ProcessEnv {
  const recorder = pathToFileURL(join(scripts, 'record-spans.js')).href
  const before = process.env.NODE_OPTIONS ?? ''
  return { ...process.env, BENCH_SPANS: spansFile, NODE_OPTIONS: `${before} --import ${recorder}`.trim() }
}

async function runScript(
  name: 'ours' | 'steps',
  request: OurRequest | StepsRequest,
  folder: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Measured> {
  bundling ??= bundleScripts()
  await bundling
  const requestFile = join(folder, 'request.json')
  writeFileSync(requestFile, JSON.stringify(request))
  return measure(process.execPath, [join(scripts, `${name}.js`), requestFile], { env })
}

/** Processes that the scripts start, and the compiled code, are those of dist/. */
function bundleScripts(): Promise<void> {
  return bundle({
    entries: ['bench/ours', 'bench/steps', 'bench/record-spans'],
    from: 'bench',
    to: scripts,
    urlOf: (module) => JSON.stringify(pathToFileURL(join(root, 'dist', module)).href),
  })
}
