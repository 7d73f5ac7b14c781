/** Enter, in each place. Pure. */

import { epochUnits, type PlanEdit } from '../../engine/door/index.ts'
import { beginReplan, startPreparing, wishKey } from '../acts/change-plan.ts'
import { askToConfirm } from '../acts/confirm.ts'
import { openCutOver, proceedInCutOver } from '../acts/cutting-over.ts'
import { judge } from '../acts/judging.ts'
import { quit } from '../acts/leave.ts'
import { openDetail } from '../acts/open-detail.ts'
import { openFinding, openTable } from '../acts/open-table.ts'
import { chooseFinished, finishedRunOf, leaveFinished, rollBack } from '../acts/past-run.ts'
import { openReported } from '../acts/reported.ts'
import { placeOf } from '../state/place.ts'
import type { Turn, WizardState } from '../state/state.ts'
import { changed, noted, only } from '../state/transition.ts'
import { lastTime, missingAnswer, obstacleOf, passedTest, targetText } from '../steps/connection.ts'
import { beginSearch, chosenDatabases, endAdding } from '../steps/discovery.ts'
import type { Effect } from '../steps/effects.ts'
import { beginFinished } from '../steps/finished-run.ts'
import { expandHome, homeOf } from '../steps/home.ts'
import { withEdit } from '../steps/plan-edits.ts'
import { openedTable, shownColumnAt } from '../steps/preview.ts'
import { idleMigration } from '../steps/run-progress.ts'

export function proceed(state: WizardState): Turn {
  const place = placeOf(state)
  switch (place) {
    case 'leaving':
      return quit(state)
    case 'help':
      return only({ ...state, help: false })
    case 'detail':
      return only({ ...state, detail: null })
    case 'discovery':
      return leaveDiscovery(state)
    case 'discovery-adding':
      return addPath(state)
    case 'discovery-inside':
    case 'discovery-passed-over':
      return only(changed(state, 'discovery', { view: 'databases' }))
    case 'connection':
    case 'connection-typing':
      return leaveConnection(state)
    case 'unfinished':
      return settleUnfinished(state)
    case 'unfinished-report':
      return only(changed(state, 'connection', { view: 'unfinished' }))
    case 'start-over':
      return startOver(state)
    case 'finished':
      return chooseFinished(state) ?? passFinished(state)
    case 'verified':
      return only(leaveFinished(state))
    case 'rolling-back':
      return rollBack(state)
    case 'preview-waiting':
      return state.preview.phase === 'failed'
        ? startPreparing(state)
        : only(changed(state, 'preview', { confirmWhenReady: true }))
    case 'preview':
      return openedTable(state.preview) === null ? askToConfirm(state) : openTable(state, state.preview.tab)
    case 'preview-filter':
      return only(changed(state, 'preview', { filtering: false }))
    case 'table':
      return state.preview.tab === 'findings' ? openFinding(state) : only(openDetail(state))
    case 'column-editing':
      return takeColumnEdit(state)
    case 'findings':
      return openFinding(state)
    case 'saving':
      return save(state)
    case 'confirm':
      return beginMigration(state)
    case 'migration':
      return only(state)
    case 'migration-failed':
      return beginMigration(state)
    case 'summary':
      return openReported(state)
    case 'summary-filter':
      return only(changed(state, 'summary', { filtering: false }))
    case 'summary-table':
    case 'summary-rejects':
    case 'queries':
      return only(openDetail(state))
    case 'following':
    case 'queries-running':
      return only(state)
    case 'cut-over':
      return state.cutOver.phase === 'asking' ? openCutOver(state) : only(state)
    case 'cut-over-typing':
    case 'cut-over-accept':
      return proceedInCutOver(state)
    case 'queries-folder':
      return judge(state)
    default:
      return place satisfies never
  }
}

function leaveDiscovery(state: WizardState): Turn {
  const { discovery, connection } = state
  if (discovery.search === 'running') return noted(state, 'Still searching; a moment.')
  if (chosenDatabases(discovery).length === 0) {
    return noted(
      state,
      discovery.found.length === 0
        ? 'There is nothing to move yet: press a and name a file or a folder.'
        : 'Choose at least one database: space chooses the one that is marked.',
    )
  }
  const moved: WizardState = { ...state, step: 'connection' }
  const { origin } = connection
  const proposed = origin !== null && origin !== lastTime && connection.kind !== 'embedded'
  return proposed && connection.tested.kind === 'untested' ? beginTest(moved, false) : only(moved)
}

function addPath(state: WizardState): Turn {
  const { discovery } = state
  const typed = discovery.adding!.text.trim()
  const path = expandHome(typed, homeOf(state.given))
  if (path === '') return only({ ...state, discovery: endAdding(discovery) })
  if (discovery.search === 'running') return only(state)
  const usual = discovery.search === 'failed' ? [] : discovery.paths
  const paths = [...usual.filter((known) => known !== path), path]
  const searching = beginSearch(discovery, paths)
  return {
    state: { ...state, discovery: searching },
    effects: [{ type: 'search', search: searching.searches, paths }],
  }
}

export function beginTest(state: WizardState, creating: boolean): Turn {
  const { connection } = state
  if (missingAnswer(connection) !== null) {
    const focused = { ...connection, focus: connection.kind === 'embedded' ? 'folder' : 'url' } as const
    return noted({ ...state, connection: focused }, missingAnswer(focused)!)
  }
  const id = connection.tests + 1
  const target = targetText(connection)
  const effect: Effect = { type: creating ? 'create-database' : 'test-target', id, target }
  const tested = { kind: 'testing', id, creating } as const
  return {
    state: changed(state, 'connection', { tests: id, tested, proceedWhenPassed: false, view: 'address' }),
    effects: [effect],
  }
}

/** Tests the address, and continues once the test has passed. */
export function leaveConnection(state: WizardState): Turn {
  const { connection } = state
  const { tested } = connection
  switch (tested.kind) {
    case 'untested':
    case 'failed':
      return beginTest(state, false)
    case 'testing':
      return only(changed(state, 'connection', { proceedWhenPassed: true }))
    case 'passed': {
      const obstacle = obstacleOf(tested.test)
      if (obstacle !== null) return noted(state, obstacle)
      const { unfinished } = tested.test
      const isResumed = state.preview.resumed?.run === unfinished?.record.run && isFresh(state)
      if (unfinished !== null && !isResumed)
        return only(changed(state, 'connection', { view: 'unfinished', resolveError: null }))
      return isToBeAsked(state)
        ? only({ ...state, finished: beginFinished, connection: { ...connection, view: 'finished' } })
        : enterPreview(state)
    }
    default:
      return tested satisfies never
  }
}

/** Whether to ask about a finished run: once for each run, and not when the existing plan is still valid. */
function isToBeAsked(state: WizardState): boolean {
  const run = finishedRunOf(state)?.run
  return run !== undefined && run !== state.connection.passedRun && !isFresh(state)
}

function passFinished(state: WizardState): Turn {
  const passedRun = finishedRunOf(state)?.run ?? null
  return enterPreview(changed(state, 'connection', { view: 'address', passedRun }))
}

function enterPreview(state: WizardState): Turn {
  const moved: WizardState = { ...state, step: 'preview' }
  return isFresh(state) ? only(moved) : startPreparing(moved)
}

/** Whether the plan, ready or under way, is for the current databases and target. */
function isFresh(state: WizardState): boolean {
  const { preparedFor, phase } = state.preview
  return preparedFor === wishKey(state) && phase !== 'failed' && phase !== 'none'
}

function settleUnfinished(state: WizardState): Turn {
  const { connection } = state
  if (connection.resolving !== 'none') return only(state)
  switch (connection.unfinishedChoice) {
    case 'report':
      return only(changed(state, 'connection', { view: 'unfinished-report' }))
    case 'start-over':
      return only(changed(state, 'connection', { view: 'start-over', resolveError: null }))
    case 'resume': {
      const record = passedTest(state)?.unfinished?.record
      if (record === undefined) return only(state)
      const job = state.preview.job + 1
      return {
        state: {
          ...state,
          connection: { ...connection, resolving: 'resuming', resolveError: null },
          preview: { ...state.preview, job },
        },
        effects: [{ type: 'resume', job, record }],
      }
    }
    default:
      return connection.unfinishedChoice satisfies never
  }
}

function startOver(state: WizardState): Turn {
  const { connection } = state
  const test = passedTest(state)
  if (test === null || test.unfinished === null || connection.resolving !== 'none') return only(state)
  const { database } = test.address
  if (connection.typedName.text.trim() !== database)
    return noted(state, `Type the name of the database, ${database}, to remove the unfinished run.`)
  const id = connection.tests + 1
  const { run } = test.unfinished.record
  return {
    state: changed(state, 'connection', { tests: id, resolving: 'starting-over' }),
    effects: [{ type: 'start-over', id, run, target: targetText(connection) }],
  }
}

function takeColumnEdit(state: WizardState): Turn {
  const { preview } = state
  const { change, tableId, column, value } = preview.editing!
  const text = value.text.trim()
  if (text === '')
    return noted(state, change === 'type' ? 'Type the name of a PostgreSQL type.' : 'Type a name.')
  const table = openedTable(preview)
  const shown = table === null ? null : shownColumnAt(preview, table)
  if (!preview.replanning && text === (change === 'type' ? shown?.type : shown?.target))
    return only({ ...state, preview: { ...preview, editing: null } })
  const changes = change === 'type' ? typeChanges(text) : [{ kind: 'target', name: text } as const]
  const edits = changes.reduce<readonly PlanEdit[]>(
    (known, one) => withEdit(known, { tableId, column, change: one }),
    preview.edits,
  )
  return beginReplan(changed(state, 'preview', { editing: null }), { edits }, preview.editing)
}

/** A type, or a time type with the unit of its numbers: `timestamptz from seconds`. */
function typeChanges(text: string): readonly PlanEdit['change'][] {
  const [, type = text, word = ''] = /^(.*\S)\s+from\s+(\S+)$/i.exec(text) ?? []
  const unit = epochUnits.find((known) => known === word.toLowerCase())
  if (unit === undefined) return [{ kind: 'type', type: text }]
  return [
    { kind: 'epoch', unit },
    { kind: 'type', type },
  ]
}

function save(state: WizardState): Turn {
  const { preview } = state
  const file = expandHome(preview.saveTo.text.trim(), homeOf(state.given))
  if (file === '' || preview.prepared === null) return noted(state, 'Name a file.')
  if (preview.replanning) return noted(state, 'The plan is being made with the last change; a moment.')
  return {
    state: changed(state, 'preview', { saved: { kind: 'loading' } }),
    effects: [{ type: 'save-plan', file, prepared: preview.prepared, changes: preview.planned }],
  }
}

function beginMigration(state: WizardState): Turn {
  const { prepared, resumed } = state.preview
  const test = passedTest(state)
  if (state.migration.phase === 'running' || prepared === null || test === null) return only(state)
  const { address, embedded } = test
  return {
    state: {
      ...state,
      step: 'migration',
      migration: { ...idleMigration, phase: 'running' },
    },
    effects: [{ type: 'migrate', prepared, address, embedded, resumed }],
  }
}
