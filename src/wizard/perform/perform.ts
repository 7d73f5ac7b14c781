/** Performs the wizard's effects: each is a call of the engine, whose answer or failure becomes an action. */
import {
  advance,
  besidePath,
  type EngineProcess,
  type Finding,
  type FoundDatabase,
  noProgress,
  type Prepared,
  type Progress,
  type RunEvent,
  type RunRequest,
  toPlainError,
} from '../../engine/door/index.ts'
import { answersOf, needsPlanFile, type WizardAnswers } from '../state/answers.ts'
import type { Action, WizardState } from '../state/state.ts'
import { passedTest, targetText } from '../steps/connection.ts'
import { isChosen } from '../steps/discovery.ts'
import type { Effect, PlanWish } from '../steps/effects.ts'
import { homeOf } from '../steps/home.ts'
import { foldEvents } from './fold-events.ts'
import { cutOverAfter, followAfter, judgeAfter } from './perform-after.ts'
import type { WizardStore } from './store.ts'

export type Performing = {
  readonly engine: Pick<EngineProcess, 'call' | 'command'>
  readonly given: RunRequest
  /** Returns the command that runs without questions what the answers say. */
  readonly commandOf: (answers: WizardAnswers) => string
  /** Puts a text into the terminal's clipboard. */
  readonly copy: (text: string) => void
  /** Opens a file with the system's program for it; resolves to false when there is none. */
  readonly openFile: (path: string) => Promise<boolean>
  /** Called once, after everything is closed. */
  readonly onLeft: () => void
}

const runFolding = { from: noProgress, advance }
/** How long to wait for the engine to end, which may be inside SQLite. */
const leavingMs = 5_000
const newestMajor = 18
const sampledRows = 20
const sampleFolder = 'gpt-migrate-demo'
const sampleCount = 50_000

export function performer(around: Performing): (effect: Effect, store: WizardStore) => void {
  return (effect, store) => {
    perform(around, effect, store).then(
      (action) => {
        if (action !== null) store.dispatch(action)
      },
      (thrown: unknown) => {
        store.dispatch({ type: 'failed', effect, error: toPlainError(thrown) })
        if (effect.type === 'leave') around.onLeft()
      },
    )
  }
}

async function perform(around: Performing, effect: Effect, store: WizardStore): Promise<Action | null> {
  const { engine, given } = around
  const { state } = store
  const choice = (target: string | null) => ({ ...given.target, target })
  switch (effect.type) {
    case 'know-mapping':
      return { type: 'mapping-known', mapping: await engine.call('knownMapping', {}) }
    case 'recall-target':
      return {
        type: 'target-recalled',
        target: await engine.call('recallTarget', { workFolder: given.workFolder }),
      }
    case 'search': {
      const { search, paths } = effect
      const onEvent = (event: RunEvent): void => {
        if (event.type === 'database-found' || event.type === 'path-passed-over')
          store.dispatch({ ...event, search })
      }
      const found = await engine.call('discover', { paths, salvage: true }, onEvent)
      return { type: 'search-ended', search, ...found }
    }
    case 'test-target':
      return {
        type: 'test-passed',
        id: effect.id,
        test: await engine.call('testTarget', choice(effect.target)),
      }
    case 'create-database': {
      const test = await engine.call('createTargetDatabase', choice(effect.target))
      return { type: 'test-passed', id: effect.id, test }
    }
    case 'start-over': {
      const test = await engine.call('startOver', { target: choice(effect.target), run: effect.run })
      return { type: 'test-passed', id: effect.id, test }
    }
    case 'resume': {
      const prepared = await engine.call('prepareResumed', { record: effect.record })
      return { type: 'prepared', job: effect.job, prepared }
    }
    case 'prepare': {
      const request = prepareRequest(around, effect.plan, state)
      const { job } = effect
      const show = (progress: Progress): void => store.dispatch({ type: 'prepare-progressed', job, progress })
      const prepared = await foldEvents(runFolding, show, (onEvent) =>
        engine.call('prepareChosen', request, onEvent),
      )
      return { type: 'prepared', job, prepared }
    }
    case 'replan': {
      const { run, folder } = effect.prepared
      const again = { ...prepareRequest(around, effect.plan, state), run, folder }
      const prepared = await engine.call('replan', { prepared: effect.prepared, again })
      return { type: 'prepared', job: effect.job, prepared }
    }
    case 'sample': {
      const { prepared, tableId, job } = effect
      const sample = await engine.call('sampleRows', { prepared, tableId, count: sampledRows })
      return { type: 'sampled', job, tableId, sample }
    }
    case 'ddl': {
      const { prepared, tableId, table, job } = effect
      const serverMajor = effect.serverMajor ?? newestMajor
      const sql = await engine.call('tableDdl', { plan: prepared.plan, table, serverMajor })
      return { type: 'ddl-written', job, tableId, sql }
    }
    case 'save-plan': {
      const path = await engine.call('savePlan', { plan: effect.prepared.plan, file: effect.file })
      return { type: 'plan-saved', path, changes: effect.changes }
    }
    case 'migrate': {
      const { jobs, verifyLevel, keepDays, reportFile } = given
      const { prepared, address, embedded, resumed } = effect
      const startedAt = new Date().toISOString()
      // The run need not wait: this only saves typing next time.
      engine.call('rememberTarget', { workFolder: given.workFolder, address, embedded }).catch(() => {})
      const planFile = needsPlanFile(state) ? await keepPlan(around, prepared) : null
      const command = around.commandOf(answersOf(state, planFile))
      const request = {
        prepared,
        address,
        jobs,
        verifyLevel,
        resumed,
        embedded: embedded === null ? null : { folder: embedded, keepsRunning: state.summary.keepRunning },
        command,
        keepDays,
        reportFile,
        startedAt,
      }
      const show = (progress: Progress): void =>
        store.dispatch({ type: 'progressed', progress, now: Date.now() })
      return {
        type: 'run-ended',
        report: await foldEvents(runFolding, show, (onEvent) => engine.call('migrate', request, onEvent)),
      }
    }
    case 'command':
      engine.command(effect.command)
      return null
    case 'list-rejects': {
      const target = choice(targetText(state.connection))
      const { entries } = await engine.call('listRejects', { target, run: effect.run })
      return { type: 'rejects-listed', entries }
    }
    case 'verify-run': {
      const { asked, run, target } = effect
      const { verifyLevel, jobs } = given
      const level = verifyLevel === 'none' ? 'checksum' : verifyLevel
      const request = { target: choice(target), run, level, jobs, repair: false }
      const show = (progress: Progress): void =>
        store.dispatch({ type: 'verify-progressed', asked, progress })
      const answer = await foldEvents(runFolding, show, (onEvent) =>
        engine.call('verifyAgain', request, onEvent),
      )
      return { type: 'run-verified', asked, answer }
    }
    case 'preview-rollback': {
      const { asked, run, target } = effect
      const preview = await engine.call('previewRollback', { target: choice(target), run, force: null })
      return { type: 'rollback-previewed', asked, preview }
    }
    case 'roll-back': {
      const { asked, run, target, database } = effect
      await engine.call('rollBack', { target: choice(target), run, force: database })
      return { type: 'rolled-back', asked, run, test: await engine.call('testTarget', choice(target)) }
    }
    case 'follow':
      return followAfter(around, effect, store)
    case 'cut-over':
      return cutOverAfter(around, effect, store)
    case 'judge-queries':
      return judgeAfter(around, effect, store)
    case 'complete-path':
      return {
        type: 'path-completed',
        asked: effect.text,
        ...(await engine.call('completePath', { text: effect.text, home: homeOf(given) })),
      }
    case 'make-samples':
      return {
        type: 'samples-made',
        folder: await engine.call('makeSamples', { folder: sampleFolder, rows: sampleCount }),
      }
    case 'copy':
      around.copy(effect.text)
      return null
    case 'open-file':
      return (await around.openFile(effect.path))
        ? null
        : { type: 'said', note: `No program was found to open ${effect.path}` }
    case 'leave':
      await Promise.race([
        engine.call('releaseTarget', { keepRunning: state.summary.keepRunning }),
        new Promise((resolve) => setTimeout(resolve, leavingMs).unref()),
      ])
      around.onLeft()
      return null
    default:
      return effect satisfies never
  }
}

/** Writes the run's plan beside its snapshots, since the printed command for the same run names the file. */
async function keepPlan({ engine }: Performing, { plan, folder }: Prepared): Promise<string> {
  const file = `${folder}/plan.yaml`
  try {
    return await engine.call('savePlan', { plan, file })
  } catch (error) {
    // An earlier attempt at the same run wrote it.
    if (toPlainError(error).code === 'file-exists') return file
    throw error
  }
}

function prepareRequest({ given }: Performing, plan: PlanWish, { connection, discovery }: WizardState) {
  const { as, mapping, workFolder, keepDays, planFile = null, trustsMapping = false } = given
  const tested = passedTest({ connection })
  const [probe, address] = [tested?.probe ?? null, tested?.address ?? null]
  const findings = discovery.found.filter((found) => !isChosen(discovery, found)).flatMap(leftOut)
  return { ...plan, as, mapping, planFile, trustsMapping, probe, address, findings, workFolder, keepDays }
}

/** A finding for a database that was found but cannot be moved. */
function leftOut({ database, path, health }: FoundDatabase): Finding[] {
  if (health.kind !== 'unreadable' && health.kind !== 'damaged') return []
  const code = health.kind === 'unreadable' ? health.code : 'database-damaged'
  return [
    {
      severity: 'warning',
      code,
      database,
      message: `${path} was left out: ${besidePath(path, health.detail)}`,
    },
  ]
}
