/** The keys for the target and for its unfinished or finished run. */

import type { WizardState } from '../state/state.ts'
import { missingAnswer } from '../steps/connection.ts'
import { keyTable, unlisted } from './binding.ts'

const failedWith = (state: WizardState, code: string): boolean =>
  state.connection.tested.kind === 'failed' && state.connection.tested.error.code === code

export const connectionKeys = keyTable([
  {
    places: ['connection'],
    keys: ['up', 'k'],
    shown: '↑↓',
    does: 'kind of target',
    explains: 'Choose how the target is named: a URL, fields, or an embedded server.',
    action: null,
  },
  {
    places: ['connection-typing'],
    keys: ['tab'],
    does: 'complete',
    explains: 'Complete the path of the folder; ~ is your home folder.',
    when: ({ connection }) => connection.focus === 'folder',
    action: { type: 'complete' },
    rank: 2,
  },
  {
    places: ['connection', 'connection-typing'],
    keys: ['tab'],
    does: 'next field',
    explains: 'Go to the next field; shift+tab goes back. A URL can be pasted anywhere.',
    when: ({ connection }) => connection.focus !== 'folder',
    action: { type: 'move-focus', by: 1 },
    rank: 2,
  },
  unlisted(['connection', 'connection-typing'], ['shift+tab'], { type: 'move-focus', by: -1 }),
  unlisted(['connection-typing'], ['down'], { type: 'move-focus', by: 1 }),
  unlisted(['connection-typing'], ['up'], { type: 'move-focus', by: -1 }),
  {
    places: ['connection'],
    keys: ['c'],
    does: 'create the database',
    explains: 'Create the database on that server, where it is missing.',
    when: (state) => failedWith(state, 'no-such-database'),
    action: { type: 'create-database' },
  },
  {
    places: ['connection', 'connection-typing'],
    keys: ['enter'],
    does: ({ connection }) =>
      connection.tested.kind === 'passed' || connection.tested.kind === 'testing'
        ? 'continue'
        : connection.kind === 'embedded'
          ? 'start it'
          : 'test',
    explains: 'Test the connection; once it has passed, continue.',
    when: ({ connection }) => missingAnswer(connection) === null,
    action: { type: 'proceed' },
  },
  unlisted(['connection', 'connection-typing'], ['enter'], { type: 'proceed' }),
  {
    places: ['connection'],
    keys: ['r'],
    does: 'test again',
    explains: 'Test the connection again.',
    when: ({ connection }) => connection.tested.kind === 'passed' || connection.tested.kind === 'failed',
    action: { type: 'test' },
    rank: 2,
  },
  {
    places: ['unfinished'],
    keys: ['enter'],
    does: 'choose',
    explains: 'Continue the unfinished run, review it, or remove it and start over.',
    action: { type: 'proceed' },
  },
  {
    places: ['finished'],
    keys: ['enter'],
    does: 'choose',
    explains: 'Verify the run that is finished here, open its report, roll it back, or move on.',
    action: { type: 'proceed' },
  },
  {
    places: ['rolling-back'],
    keys: ['enter'],
    does: 'roll it back',
    explains: 'Remove what the run created; asks for the name of the database.',
    action: { type: 'proceed' },
  },
  {
    places: ['start-over'],
    keys: ['enter'],
    does: 'remove the unfinished run',
    explains: 'Remove what the unfinished run created; asks for the name of the database.',
    action: { type: 'proceed' },
  },
])
