/**
 * Runs gpt-migrate, or its steps alone, as a process of its own. The script is given to it as plain JavaScript: Node's reading of
 * TypeScript takes memory that gpt-migrate itself doesn't.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Prepared } from '../src/engine/run/prepare.ts'
import type { Dataset } from './data.ts'
import { type Measured, measure } from './measure.ts'
import type { OurRequest, OurResult } from './ours.ts'
import type { Step, StepsRequest } from './steps.ts'

const dist = new URL('../dist/engine/', import.meta.url).href

export type OurSetting = {
  readonly folder: string
  readonly jobs: number | null
  /** Where the spans of the run's work are written, if anywhere. */
  readonly spansFile?: string
}

/** Throws when the run did not end well. */
export async function runOurs(
  { folder, jobs, spansFile }: OurSetting,
  dataset: Dataset,
  url: string,
): Promise<OurResult> {
  const request: OurRequest = { ...requestFor(dataset, url), jobs }
  const env = spansFile === undefined ? process.env : recording(spansFile, folder)
  const { output, cpuSeconds, peakMegabytes } = await runScript('ours.ts', request, folder, env)
  const own = JSON.parse(output) as OurResult
  // Of all its processes: the engine has one of its own.
  const result = {
    ...own,
    cpuSeconds: cpuSeconds ?? own.cpuSeconds,
    peakMegabytes: peakMegabytes ?? own.peakMegabytes,
  }
  if (result.status !== 'ok') throw new Error(`gpt-migrate ended with ${result.status} on ${dataset.name}`)
  return result
}

/** Snapshot and plan only, kept in the folder. */
export async function prepareOurs(
  { folder }: OurSetting,
  dataset: Dataset,
  url: string,
): Promise<{ readonly preparedFile: string; readonly prepared: Prepared }> {
  const preparedFile = join(folder, `prepared-${dataset.name}.json`)
  await runScript('ours.ts', { ...requestFor(dataset, url), prepareTo: preparedFile }, folder)
  return { preparedFile, prepared: JSON.parse(readFileSync(preparedFile, 'utf8')) as Prepared }
}

export async function runSteps(
  { folder }: OurSetting,
  request: Omit<StepsRequest, 'dist'>,
): Promise<readonly Step[]> {
  return JSON.parse((await runScript('steps.ts', { ...request, dist }, folder)).output) as Step[]
}

function requestFor(dataset: Dataset, url: string): OurRequest {
  return {
    dist,
    file: dataset.file,
    database: basename(dataset.file),
    url,
    types: Object.fromEntries(dataset.tables.map((table) => [table.name, table.types])),
    verifyLevel: 'checksum',
    jobs: null,
    prepareTo: null,
  }
}

/** The environment in which every process of gpt-migrate writes its spans into the file. */
function recording(spansFile: string, folder: string): NodeJS.ProcessEnv {
  const recorder = pathToFileURL(asJavaScript('record-spans.ts', folder)).href
  const before = process.env.NODE_OPTIONS ?? ''
  return { ...process.env, BENCH_SPANS: spansFile, NODE_OPTIONS: `${before} --import ${recorder}`.trim() }
}

async function runScript(
  name: string,
  request: OurRequest | StepsRequest,
  folder: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Measured> {
  const requestFile = join(folder, 'request.json')
  writeFileSync(requestFile, JSON.stringify(request))
  return measure(process.execPath, [asJavaScript(name, folder), requestFile], { env })
}

/** The script of the bench as plain JavaScript, in the folder. */
function asJavaScript(name: string, folder: string): string {
  const source = readFileSync(fileURLToPath(new URL(`./${name}`, import.meta.url)), 'utf8')
  const script = join(folder, name.replace(/ts$/, 'mjs'))
  writeFileSync(script, stripTypeScriptTypes(source))
  return script
}
