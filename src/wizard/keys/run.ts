/** Keys of the run and of its summary. */
import type { Binding } from './binding.ts'

export const runKeys: readonly Binding[] = [
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
]
