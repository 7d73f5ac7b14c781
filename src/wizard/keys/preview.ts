/** Keys of the plan: its tables, columns and findings. */
import { excludingWords, findingUnderCursor, tableOfFinding } from '../acts/change-plan.ts'
import type { WizardState } from '../state/state.ts'
import { forecastOf, roundedIn, roundedInAll } from '../steps/forecast.ts'
import { isAboutMissing } from '../steps/plan-findings.ts'
import type { TableTab } from '../steps/preview.ts'
import { openedTable } from '../steps/preview.ts'
import { keyTable, unlisted } from './binding.ts'

const isColumns = (state: WizardState): boolean => state.preview.tab === 'columns' && isCopied(state)
const isChangeable = (state: WizardState): boolean => isColumns(state) && mayChange(state)
const isCopied = (state: WizardState): boolean => openedTable(state.preview)?.fate.kind === 'copy'

function hasFix(state: WizardState): boolean {
  if (state.preview.resumed !== null) return false
  const finding = findingUnderCursor(state)
  return finding !== null && ((finding.fixes?.length ?? 0) > 0 || isAboutMissing(finding.code))
}

function isOfTable(state: WizardState): boolean {
  const finding = findingUnderCursor(state)
  return finding !== null && tableOfFinding(state, finding) !== null
}

function isRounded({ preview }: WizardState): boolean {
  if (preview.prepared === null || (preview.view === 'table' && preview.tab === 'findings')) return false
  const { plan } = preview.prepared
  const opened = preview.view === 'table' ? openedTable(preview) : null
  return opened === null ? roundedInAll(plan) > 0 : roundedIn(forecastOf(plan, opened)) > 0
}

const isTab = (tab: TableTab) => (state: WizardState) => state.preview.tab === tab && isCopied(state)
const mayChange = ({ preview }: WizardState): boolean => preview.prepared !== null && preview.resumed === null

export const previewKeys = keyTable([
  {
    places: ['preview-waiting'],
    keys: ['enter'],
    does: 'try again',
    explains: 'Make the plan again after a failure.',
    when: ({ preview }) => preview.phase === 'failed',
    action: { type: 'proceed' },
  },
  unlisted(['preview-waiting'], ['enter'], { type: 'proceed' }),
  {
    places: ['preview'],
    keys: ['enter', 'right', 'l'],
    does: (state) => (openedTable(state.preview) === null ? 'continue' : 'open'),
    explains: 'On the first line continue to the confirmation; on a table open it.',
    action: { type: 'proceed' },
  },
  {
    places: ['preview'],
    keys: ['c'],
    does: 'confirm',
    explains: 'Continue to the confirmation.',
    when: (state) => openedTable(state.preview) !== null,
    action: { type: 'open', view: 'confirm' },
  },
  {
    places: ['preview'],
    keys: ['f'],
    does: 'findings',
    explains: 'List the findings, the worst first.',
    action: { type: 'open', view: 'findings' },
  },
  {
    places: ['table'],
    keys: ['f'],
    does: 'findings',
    explains: 'The findings of the table.',
    action: { type: 'open', view: 'findings' },
    rank: 3,
  },
  {
    places: ['table'],
    keys: ['tab', 'right', 'l'],
    does: 'next view',
    explains: 'Columns, sample rows, DDL and findings of the table, in turn.',
    action: { type: 'tab', by: 1 },
  },
  unlisted(['table'], ['shift+tab', 'left', 'h'], { type: 'tab', by: -1 }),
  {
    places: ['table', 'preview'],
    keys: ['r'],
    does: 'sample rows',
    explains: 'Show rows of the table before and after.',
    when: isCopied,
    action: { type: 'open', view: 'sample' },
    rank: 3,
  },
  {
    places: ['table', 'preview'],
    keys: ['d'],
    does: 'DDL',
    explains: 'Show the statements that create the table.',
    when: isCopied,
    action: { type: 'open', view: 'ddl' },
    rank: 3,
  },
  {
    places: ['table'],
    keys: ['t'],
    does: 'type',
    explains: 'Change the type of the column.',
    when: isChangeable,
    action: { type: 'open', view: 'edit-type' },
    rank: 2,
  },
  {
    places: ['table'],
    keys: ['n'],
    does: 'name',
    explains: "Change the column's name in the target.",
    when: isChangeable,
    action: { type: 'open', view: 'edit-target' },
    rank: 2,
  },
  {
    places: ['table'],
    keys: ['m'],
    does: 'fate',
    explains: 'For a column that the mapping has no place for: add it, archive it, or drop it.',
    when: isChangeable,
    action: { type: 'change', change: 'fate' },
    rank: 3,
  },
  {
    places: ['preview'],
    keys: ['space'],
    does: 'mark',
    explains: 'Mark the table: x leaves all marked tables out. * marks all of the list, as it is filtered.',
    when: (state) => openedTable(state.preview) !== null && mayChange(state),
    action: { type: 'mark' },
    rank: 2,
  },
  unlisted(['preview'], ['*'], { type: 'mark-all' }, mayChange),
  {
    places: ['preview'],
    keys: ['x'],
    does: excludingWords,
    explains: 'Leave the table, or all that are marked, out, or take them in again.',
    when: (state) =>
      mayChange(state) && (state.preview.marked.length > 0 || openedTable(state.preview) !== null),
    action: { type: 'change', change: 'exclude' },
  },
  {
    places: ['preview', 'table'],
    keys: ['w'],
    does: 'widen rounded',
    explains: 'Give the columns whose values would be rounded a type that keeps every digit.',
    when: (state) => mayChange(state) && isRounded(state),
    action: { type: 'change', change: 'widen' },
  },
  {
    places: ['preview', 'table'],
    keys: ['e'],
    does: ({ preview }) => (preview.options.exact ? 'drop originals' : 'keep originals'),
    explains: 'Keep the original of every rounded or normalized value in the archive (--exact), or not.',
    when: mayChange,
    action: { type: 'change', change: 'exact' },
    rank: 3,
  },
  {
    places: ['preview'],
    keys: ['v'],
    does: ({ preview }) => (preview.options.views === true ? 'without views' : 'with views'),
    explains: 'Create the views that can be translated (--views), or not.',
    when: mayChange,
    action: { type: 'change', change: 'views' },
    rank: 3,
  },
  {
    places: ['table'],
    keys: ['enter'],
    does: 'in full',
    explains: 'Show the column, the value or the line in full.',
    when: (state) => isCopied(state) && state.preview.tab !== 'findings',
    action: { type: 'proceed' },
  },
  {
    places: ['table'],
    keys: ['n'],
    does: 'next row',
    explains: 'The next sample row; p is the one before.',
    when: isTab('sample'),
    action: { type: 'next-row', by: 1 },
  },
  unlisted(['table'], ['p'], { type: 'next-row', by: -1 }, isTab('sample')),
  {
    places: ['findings'],
    keys: ['enter'],
    does: 'list them',
    explains: 'List all findings of the kind.',
    when: (state) => findingUnderCursor(state)?.isRest === true,
    action: { type: 'proceed' },
  },
  {
    places: ['findings', 'table'],
    keys: ['enter'],
    does: 'to the column',
    explains: 'Go to the table and the column that the finding is about.',
    when: isOfTable,
    action: { type: 'proceed' },
  },
  {
    places: ['findings', 'table'],
    keys: ['w'],
    does: 'settle it so',
    explains: 'Change the plan as the finding proposes.',
    when: hasFix,
    action: { type: 'change', change: 'fix' },
  },
  {
    places: ['preview', 'table', 'findings'],
    keys: ['u'],
    does: 'undo',
    explains: 'Take the last change to the plan back.',
    when: ({ preview }) => preview.edits.length > 0,
    action: { type: 'change', change: 'undo' },
    rank: 2,
  },
  {
    places: ['preview'],
    keys: ['s'],
    does: 'save plan',
    explains: 'Write the plan into a file.',
    action: { type: 'open', view: 'saving' },
    rank: 2,
  },
  {
    places: ['preview'],
    keys: ['/'],
    does: 'filter',
    explains: 'Show only tables whose names hold what is typed.',
    action: { type: 'open', view: 'filter' },
    rank: 2,
  },
  {
    places: ['preview-filter'],
    keys: ['enter', 'down', 'tab'],
    does: 'to the list',
    explains: 'Keep the filter and go to the list.',
    action: { type: 'proceed' },
  },
  {
    places: ['column-editing'],
    keys: ['down'],
    shown: '↑↓',
    does: 'choose a type',
    explains: 'Choose one of the types that are listed; any other can be typed.',
    when: ({ preview }) => preview.editing?.change === 'type',
    action: { type: 'move', by: 1 },
  },
  unlisted(
    ['column-editing'],
    ['up'],
    { type: 'move', by: -1 },
    ({ preview }) => preview.editing?.change === 'type',
  ),
  {
    places: ['column-editing'],
    keys: ['enter'],
    does: 'take it',
    explains: 'Take the change; the plan is made again.',
    action: { type: 'proceed' },
  },
  {
    places: ['saving'],
    keys: ['enter'],
    does: 'save',
    explains: 'Write the file.',
    action: { type: 'proceed' },
  },
  {
    places: ['confirm'],
    keys: ['enter'],
    does: ({ preview }) => (preview.resumed === null ? 'begin the migration' : 'resume the run'),
    explains: 'Begin: from here on the target is written to.',
    action: { type: 'proceed' },
  },
])
