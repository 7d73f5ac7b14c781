/** Keys of the run and of its summary. */
import { passedTest } from '../steps/connection.ts'
import { keyTable } from './binding.ts'

export const runKeys = keyTable([
  {
    places: ['migration'],
    keys: ['p', 'space'],
    does: ({ migration }) => (migration.pausing ? 'continue' : 'pause'),
    explains: 'Pause the copy at the next block, and continue it.',
    when: ({ migration }) => migration.phase === 'running' && !migration.stopping,
    action: { type: 'toggle-pause' },
  },
  {
    places: ['migration'],
    keys: ['ctrl+c'],
    does: ({ migration }) => (migration.stopping ? 'leave at once' : 'stop, to resume later'),
    explains: 'Stop after the blocks under way; a second time leaves at once. Both can be resumed.',
    action: { type: 'interrupt', signal: 'SIGINT' },
  },
  {
    places: ['migration-failed'],
    keys: ['enter'],
    does: 'try again',
    explains: 'Try again.',
    action: { type: 'proceed' },
  },

  {
    places: ['summary'],
    keys: ['enter', 'right', 'l'],
    does: 'open',
    explains: "Show the table's columns and its rows in quarantine.",
    action: { type: 'proceed' },
  },
  {
    places: ['summary-table', 'summary-rejects'],
    keys: ['enter'],
    does: 'in full',
    explains: 'Show the value or the column in full.',
    action: { type: 'proceed' },
  },
  {
    places: ['summary'],
    keys: ['o'],
    does: 'open the report',
    explains: 'Open the report as a page in the browser.',
    action: { type: 'open-report' },
  },
  {
    places: ['summary'],
    keys: ['r'],
    does: 'quarantine',
    explains: 'Show all rows in quarantine, with the reasons.',
    when: ({ migration }) => (migration.report?.quarantine.rows ?? 0) > 0,
    action: { type: 'open', view: 'rejects' },
  },
  {
    places: ['summary'],
    keys: ['/'],
    does: 'filter',
    explains: 'Show only tables whose names hold what is typed.',
    action: { type: 'open', view: 'filter' },
    rank: 2,
  },
  {
    places: ['summary'],
    keys: ['escape'],
    shown: 'esc',
    does: 'all tables',
    explains: 'Show all tables again.',
    when: ({ summary }) => summary.filter.text !== '',
    action: { type: 'back' },
  },
  {
    places: ['summary-filter'],
    keys: ['enter', 'down', 'tab'],
    does: 'to the list',
    explains: 'Keep the filter and go to the list.',
    action: { type: 'proceed' },
  },
  {
    places: ['summary'],
    keys: ['e'],
    does: ({ summary }) => (summary.keepRunning ? 'stop the server at the end' : 'keep the server running'),
    explains: 'Keep the embedded server running after the wizard, or not.',
    when: (state) => passedTest(state)?.embedded != null,
    action: { type: 'toggle-keep-running' },
    rank: 2,
  },
])
