/**
 * The one table of keys: which key does what, where and when. The hint line, the help and the documentation are made from it, and
 * nothing else listens to keys. Pure.
 */

import { isAboutMissing } from '../wizard/change-plan.ts'
import { missingAnswer } from '../wizard/connection.ts'
import { isTyping, type Place, placeOf } from '../wizard/place.ts'
import { listedFindings, openedTable } from '../wizard/preview.ts'
import type { Action, WizardState } from '../wizard.ts'
import { typedText } from './key-names.ts'
import type { TextEdit } from './text-edit.ts'

export type Binding = {
  readonly places: readonly Place[]
  /** Names of keys (`key-names.ts`). */
  readonly keys: readonly string[]
  /** How they are written in hints. */
  readonly shown: string
  /** A word or two for the hint line. */
  readonly does: string | ((state: WizardState) => string)
  /** A sentence for the help. */
  readonly explains: string
  readonly when?: (state: WizardState) => boolean
  /** Null: the key is handled by the field or list that has the focus. */
  readonly action: Action | null
  /** 1 is always in the hint line, 2 where there is room, 3 only in the help. */
  readonly rank: 1 | 2 | 3
}

const lists: readonly Place[] = ['discovery', 'unfinished', 'preview', 'table', 'findings', 'summary']
const scrolls: readonly Place[] = ['discovery-inside', 'discovery-passed-over', 'summary-table']
const quiet: readonly Place[] = [
  'discovery',
  'discovery-inside',
  'discovery-passed-over',
  'connection',
  'unfinished',
  'unfinished-report',
  'preview-waiting',
  'preview',
  'table',
  'findings',
  'confirm',
  'migration-failed',
  'summary',
  'summary-table',
]
const isColumns = (state: WizardState): boolean => state.preview.tab === 'columns' && isCopied(state)
const isCopied = (state: WizardState): boolean => openedTable(state.preview)?.fate.kind === 'copy'
const hasUnfinishedPlan = (state: WizardState): boolean => state.preview.resumed !== null
const failedWith = (state: WizardState, code: string): boolean =>
  state.connection.tested.kind === 'failed' && state.connection.tested.error.code === code

function hasFix({ preview }: WizardState): boolean {
  if (preview.prepared === null || preview.resumed !== null) return false
  const finding = listedFindings(preview.prepared.plan)[preview.findingCursor]
  return finding !== undefined && ((finding.fixes?.length ?? 0) > 0 || isAboutMissing(finding.code))
}

export const bindings: readonly Binding[] = [
  {
    places: lists,
    keys: ['up', 'k'],
    shown: '↑↓',
    does: 'move',
    explains: 'Move along the list; j and k do the same.',
    action: { type: 'move', by: -1 },
    rank: 1,
  },
  {
    places: lists,
    keys: ['down', 'j'],
    shown: '↓',
    does: 'move',
    explains: '',
    action: { type: 'move', by: 1 },
    rank: 3,
  },
  {
    places: scrolls,
    keys: ['up', 'k'],
    shown: '↑↓',
    does: 'scroll',
    explains: 'Scroll; j and k do the same.',
    action: { type: 'move', by: -1 },
    rank: 1,
  },
  {
    places: scrolls,
    keys: ['down', 'j'],
    shown: '↓',
    does: 'scroll',
    explains: '',
    action: { type: 'move', by: 1 },
    rank: 3,
  },
  {
    places: [...lists, ...scrolls],
    keys: ['page-up'],
    shown: 'page up/down',
    does: 'by ten',
    explains: 'Move ten lines; home and end go to the first and the last.',
    action: { type: 'move', by: -10 },
    rank: 3,
  },
  {
    places: [...lists, ...scrolls],
    keys: ['page-down'],
    shown: '',
    does: '',
    explains: '',
    action: { type: 'move', by: 10 },
    rank: 3,
  },
  {
    places: [...lists, ...scrolls],
    keys: ['home', 'g'],
    shown: '',
    does: '',
    explains: '',
    action: { type: 'move', by: -1_000_000 },
    rank: 3,
  },
  {
    places: [...lists, ...scrolls],
    keys: ['end', 'G'],
    shown: '',
    does: '',
    explains: '',
    action: { type: 'move', by: 1_000_000 },
    rank: 3,
  },

  // Discovery
  {
    places: ['discovery'],
    keys: ['space'],
    shown: 'space',
    does: 'choose',
    explains: 'Choose the database, or leave it out.',
    when: ({ discovery }) => discovery.found.length > 0,
    action: { type: 'toggle' },
    rank: 1,
  },
  {
    places: ['discovery'],
    keys: ['*'],
    shown: '*',
    does: 'all',
    explains: 'Choose all databases, or none.',
    when: ({ discovery }) => discovery.found.length > 1,
    action: { type: 'toggle-all' },
    rank: 3,
  },
  {
    places: ['discovery'],
    keys: ['a'],
    shown: 'a',
    does: 'add',
    explains: 'Type the path of another file or folder.',
    action: { type: 'begin-adding' },
    rank: 1,
  },
  {
    places: ['discovery'],
    keys: ['i', 'right', 'l'],
    shown: 'i',
    does: 'inside',
    explains: 'List the tables of the database.',
    when: ({ discovery }) => discovery.found.length > 0,
    action: { type: 'open', view: 'inside' },
    rank: 2,
  },
  {
    places: ['discovery'],
    keys: ['o'],
    shown: 'o',
    does: 'passed over',
    explains: 'List what was passed over, and why.',
    when: ({ discovery }) => discovery.passedOver.length > 0,
    action: { type: 'open', view: 'passed-over' },
    rank: 2,
  },
  {
    places: ['discovery'],
    keys: ['enter'],
    shown: 'enter',
    does: 'continue',
    explains: 'Go on with the databases that are chosen.',
    when: ({ discovery }) => discovery.search !== 'running',
    action: { type: 'go-on' },
    rank: 1,
  },
  {
    places: ['discovery-adding'],
    keys: ['enter'],
    shown: 'enter',
    does: 'search there',
    explains: 'Search the path that was typed.',
    action: { type: 'go-on' },
    rank: 1,
  },

  // Connection
  {
    places: ['connection'],
    keys: ['up', 'k'],
    shown: '↑↓',
    does: 'kind of target',
    explains: 'Choose how the target is named: a URL, fields, or an embedded server.',
    action: null,
    rank: 1,
  },
  {
    places: ['connection', 'connection-typing'],
    keys: ['tab'],
    shown: 'tab',
    does: 'next field',
    explains: 'Go to the next field; shift+tab goes back. A URL can be pasted anywhere.',
    action: { type: 'move-focus', by: 1 },
    rank: 2,
  },
  {
    places: ['connection', 'connection-typing'],
    keys: ['shift+tab'],
    shown: '',
    does: '',
    explains: '',
    action: { type: 'move-focus', by: -1 },
    rank: 3,
  },
  {
    places: ['connection-typing'],
    keys: ['down'],
    shown: '',
    does: '',
    explains: '',
    action: { type: 'move-focus', by: 1 },
    rank: 3,
  },
  {
    places: ['connection-typing'],
    keys: ['up'],
    shown: '',
    does: '',
    explains: '',
    action: { type: 'move-focus', by: -1 },
    rank: 3,
  },
  {
    places: ['connection'],
    keys: ['c'],
    shown: 'c',
    does: 'create the database',
    explains: 'Create the database on that server, where it is missing.',
    when: (state) => failedWith(state, 'no-such-database'),
    action: { type: 'create-database' },
    rank: 1,
  },
  {
    places: ['connection', 'connection-typing'],
    keys: ['enter'],
    shown: 'enter',
    does: ({ connection }) =>
      connection.tested.kind === 'passed' || connection.tested.kind === 'testing'
        ? 'continue'
        : connection.kind === 'embedded'
          ? 'start it'
          : 'test',
    explains: 'Test the connection; once that has passed, go on.',
    when: ({ connection }) => missingAnswer(connection) === null,
    action: { type: 'go-on' },
    rank: 1,
  },
  {
    places: ['connection', 'connection-typing'],
    keys: ['enter'],
    shown: '',
    does: '',
    explains: '',
    action: { type: 'go-on' },
    rank: 3,
  },
  {
    places: ['connection'],
    keys: ['r'],
    shown: 'r',
    does: 'test again',
    explains: 'Test the connection again.',
    when: ({ connection }) => connection.tested.kind === 'passed' || connection.tested.kind === 'failed',
    action: { type: 'test' },
    rank: 2,
  },
  {
    places: ['unfinished'],
    keys: ['enter'],
    shown: 'enter',
    does: 'choose',
    explains: 'Go on with the unfinished run, look at it, or remove it and start over.',
    action: { type: 'go-on' },
    rank: 1,
  },
  {
    places: ['start-over'],
    keys: ['enter'],
    shown: 'enter',
    does: 'remove the unfinished run',
    explains: 'Remove what the unfinished run created; asks for the name of the database.',
    action: { type: 'go-on' },
    rank: 1,
  },

  // Preview
  {
    places: ['preview-waiting'],
    keys: ['enter'],
    shown: 'enter',
    does: 'try again',
    explains: 'Make the plan again after a failure.',
    when: ({ preview }) => preview.phase === 'failed',
    action: { type: 'go-on' },
    rank: 1,
  },
  {
    places: ['preview-waiting'],
    keys: ['enter'],
    shown: '',
    does: '',
    explains: '',
    action: { type: 'go-on' },
    rank: 3,
  },
  {
    places: ['preview'],
    keys: ['enter', 'right', 'l'],
    shown: 'enter',
    does: (state) => (openedTable(state.preview) === null ? 'continue' : 'open'),
    explains: 'On the first line go on to the confirmation; on a table open it.',
    action: { type: 'go-on' },
    rank: 1,
  },
  {
    places: ['preview'],
    keys: ['c'],
    shown: 'c',
    does: 'confirm',
    explains: 'Go on to the confirmation.',
    when: (state) => openedTable(state.preview) !== null,
    action: { type: 'open', view: 'confirm' },
    rank: 1,
  },
  {
    places: ['preview'],
    keys: ['f'],
    shown: 'f',
    does: 'findings',
    explains: 'List the findings, the worst first.',
    action: { type: 'open', view: 'findings' },
    rank: 1,
  },
  {
    places: ['table'],
    keys: ['f'],
    shown: 'f',
    does: 'findings',
    explains: 'The findings of the table.',
    action: { type: 'open', view: 'findings' },
    rank: 3,
  },
  {
    places: ['table'],
    keys: ['tab', 'right', 'l'],
    shown: 'tab',
    does: 'next view',
    explains: 'Columns, sample rows, DDL and findings of the table, in turn.',
    action: { type: 'tab', by: 1 },
    rank: 1,
  },
  {
    places: ['table'],
    keys: ['shift+tab', 'left', 'h'],
    shown: '',
    does: '',
    explains: '',
    action: { type: 'tab', by: -1 },
    rank: 3,
  },
  {
    places: ['table', 'preview'],
    keys: ['r'],
    shown: 'r',
    does: 'sample rows',
    explains: 'Show rows of the table before and after.',
    when: isCopied,
    action: { type: 'open', view: 'sample' },
    rank: 3,
  },
  {
    places: ['table', 'preview'],
    keys: ['d'],
    shown: 'd',
    does: 'DDL',
    explains: 'Show the statements that create the table.',
    when: isCopied,
    action: { type: 'open', view: 'ddl' },
    rank: 3,
  },
  {
    places: ['table'],
    keys: ['t'],
    shown: 't',
    does: 'type',
    explains: 'Change the type of the column.',
    when: (state) => isColumns(state) && !hasUnfinishedPlan(state),
    action: { type: 'open', view: 'edit-type' },
    rank: 2,
  },
  {
    places: ['table'],
    keys: ['n'],
    shown: 'n',
    does: 'name',
    explains: "Change the column's name in the target.",
    when: (state) => isColumns(state) && !hasUnfinishedPlan(state),
    action: { type: 'open', view: 'edit-target' },
    rank: 2,
  },
  {
    places: ['table'],
    keys: ['m'],
    shown: 'm',
    does: 'fate',
    explains: 'For a column that the mapping has no place for: add it, archive it, or drop it.',
    when: (state) => isColumns(state) && !hasUnfinishedPlan(state),
    action: { type: 'change', change: 'fate' },
    rank: 3,
  },
  {
    places: ['preview', 'table'],
    keys: ['x'],
    shown: 'x',
    does: 'leave out',
    explains: 'Leave the table out, or take it in again.',
    when: (state) => openedTable(state.preview) !== null && !hasUnfinishedPlan(state),
    action: { type: 'change', change: 'exclude' },
    rank: 2,
  },
  {
    places: ['findings'],
    keys: ['w'],
    shown: 'w',
    does: 'settle it so',
    explains: 'Change the plan as the finding proposes.',
    when: hasFix,
    action: { type: 'change', change: 'fix' },
    rank: 1,
  },
  {
    places: ['preview', 'table', 'findings'],
    keys: ['u'],
    shown: 'u',
    does: 'undo',
    explains: 'Take the last change to the plan back.',
    when: ({ preview }) => preview.edits.length > 0,
    action: { type: 'change', change: 'undo' },
    rank: 2,
  },
  {
    places: ['preview'],
    keys: ['s'],
    shown: 's',
    does: 'save plan',
    explains: 'Write the plan into a file.',
    action: { type: 'open', view: 'saving' },
    rank: 2,
  },
  {
    places: ['preview'],
    keys: ['/'],
    shown: '/',
    does: 'filter',
    explains: 'Show only tables whose names hold what is typed.',
    action: { type: 'open', view: 'filter' },
    rank: 2,
  },
  {
    places: ['preview-filter'],
    keys: ['enter', 'down', 'tab'],
    shown: 'enter',
    does: 'to the list',
    explains: 'Keep the filter and go to the list.',
    action: { type: 'go-on' },
    rank: 1,
  },
  {
    places: ['column-editing'],
    keys: ['enter'],
    shown: 'enter',
    does: 'take it',
    explains: 'Take the change; the plan is made anew.',
    action: { type: 'go-on' },
    rank: 1,
  },
  {
    places: ['saving'],
    keys: ['enter'],
    shown: 'enter',
    does: 'save',
    explains: 'Write the file.',
    action: { type: 'go-on' },
    rank: 1,
  },
  {
    places: ['confirm'],
    keys: ['enter'],
    shown: 'enter',
    does: ({ preview }) => (preview.resumed === null ? 'begin the migration' : 'go on with the run'),
    explains: 'Begin: from here on the target is written to.',
    action: { type: 'go-on' },
    rank: 1,
  },

  // Migration
  {
    places: ['migration'],
    keys: ['p', 'space'],
    shown: 'p',
    does: ({ migration }) => (migration.pausing ? 'go on' : 'pause'),
    explains: 'Pause the copy at the next block, and go on.',
    when: ({ migration }) => migration.phase === 'running' && !migration.stopping,
    action: { type: 'toggle-pause' },
    rank: 1,
  },
  {
    places: ['migration'],
    keys: ['ctrl+c'],
    shown: 'ctrl+c',
    does: ({ migration }) => (migration.stopping ? 'leave at once' : 'stop, to resume later'),
    explains: 'Stop after the blocks under way; a second time leaves at once. Both can be resumed.',
    action: { type: 'interrupt', signal: 'SIGINT' },
    rank: 1,
  },
  {
    places: ['migration-failed'],
    keys: ['enter'],
    shown: 'enter',
    does: 'try again',
    explains: 'Try again.',
    action: { type: 'go-on' },
    rank: 1,
  },

  // Summary
  {
    places: ['summary'],
    keys: ['enter', 'right', 'l'],
    shown: 'enter',
    does: 'open',
    explains: "Show the table's columns and its rows in quarantine.",
    action: { type: 'go-on' },
    rank: 1,
  },
  {
    places: ['summary'],
    keys: ['e'],
    shown: 'e',
    does: ({ summary }) => (summary.keepRunning ? 'stop the server at the end' : 'keep the server running'),
    explains: 'Keep the embedded server running after the wizard, or not.',
    when: ({ connection }) => connection.tested.kind === 'passed' && connection.tested.test.embedded !== null,
    action: { type: 'toggle-keep-running' },
    rank: 2,
  },

  // Everywhere
  {
    places: [
      'discovery-adding',
      'discovery-inside',
      'discovery-passed-over',
      'connection',
      'unfinished',
      'unfinished-report',
      'start-over',
      'preview-waiting',
      'preview',
      'preview-filter',
      'table',
      'column-editing',
      'findings',
      'saving',
      'confirm',
      'migration-failed',
      'summary-table',
      'help',
    ],
    keys: ['escape'],
    shown: 'esc',
    does: 'back',
    explains: 'Go back; no answer is lost.',
    action: { type: 'back' },
    rank: 1,
  },
  {
    places: ['connection-typing'],
    keys: ['escape'],
    shown: 'esc',
    does: 'leave the field',
    explains: 'Leave the field.',
    action: { type: 'back' },
    rank: 1,
  },
  {
    places: [
      'discovery-inside',
      'discovery-passed-over',
      'unfinished-report',
      'table',
      'findings',
      'summary-table',
      'help',
    ],
    keys: ['enter'],
    shown: '',
    does: '',
    explains: '',
    action: { type: 'go-on' },
    rank: 3,
  },
  {
    places: [...quiet, 'migration'],
    keys: ['?'],
    shown: '?',
    does: 'help',
    explains: 'Show this help.',
    action: { type: 'toggle-help' },
    rank: 1,
  },
  {
    places: ['help'],
    keys: ['?', 'q'],
    shown: '?',
    does: 'close',
    explains: '',
    action: { type: 'toggle-help' },
    rank: 1,
  },
  {
    places: quiet,
    keys: ['q'],
    shown: 'q',
    does: 'quit',
    explains: 'Leave. Before the confirmation nothing has been written to the target.',
    action: { type: 'quit' },
    rank: 1,
  },
]

/** What a key does now; null when it does nothing. */
export function actionOf(state: WizardState, key: string): Action | null {
  if (key === 'ctrl+c') return { type: 'interrupt', signal: 'SIGINT' }
  if (isTyping(state)) {
    const edit = editOf(key)
    if (edit !== null) return { type: 'edit', edit }
  }
  return workingBindings(state).find(({ keys }) => keys.includes(key))?.action ?? null
}

/** The bindings that work now, in the order of the table. */
export function workingBindings(state: WizardState): readonly Binding[] {
  const place = placeOf(state)
  return bindings.filter(({ places, when }) => places.includes(place) && (when === undefined || when(state)))
}

export const wordOf = (binding: Binding, state: WizardState): string =>
  typeof binding.does === 'string' ? binding.does : binding.does(state)

const editKeys: Readonly<Record<string, TextEdit>> = {
  backspace: { kind: 'backspace' },
  delete: { kind: 'delete' },
  left: { kind: 'left' },
  right: { kind: 'right' },
  home: { kind: 'home' },
  end: { kind: 'end' },
  'ctrl+a': { kind: 'home' },
  'ctrl+e': { kind: 'end' },
  'ctrl+u': { kind: 'clear' },
  'ctrl+w': { kind: 'delete-word' },
}

function editOf(key: string): TextEdit | null {
  const text = typedText(key)
  return text === null ? (editKeys[key] ?? null) : { kind: 'insert', text }
}
