/** The keys for following, the cut-over and the application's SQL. */
import { isCuttingOver } from '../acts/cutting-over.ts'
import { isFollowing, isMoved } from '../acts/following.ts'
import type { WizardState } from '../state/state.ts'
import { keyTable, unlisted } from './binding.ts'

const hasEnded = ({ cutOver }: WizardState): boolean => cutOver.phase === 'ended'
const isCutOver = ({ cutOver }: WizardState): boolean => cutOver.answer?.state === 'cut-over'

export const afterKeys = keyTable([
  {
    places: ['summary'],
    keys: ['f'],
    does: 'keep following',
    explains: 'Keep the target current with what the application continues to write into the sources.',
    when: (state) => isMoved(state) && !isCutOver(state),
    action: { type: 'open', view: 'following' },
  },
  {
    places: ['summary'],
    keys: ['s'],
    does: "application's SQL",
    explains: "Run the SQL of your application's source on both sides, and report what differs.",
    when: isMoved,
    action: { type: 'open', view: 'queries' },
  },
  {
    places: ['following'],
    keys: ['c'],
    does: 'cut over',
    explains: 'Move the running application over; first it is tried, and nothing is switched.',
    when: ({ following }) => following.phase === 'running',
    action: { type: 'open', view: 'cut-over' },
  },
  {
    places: ['following'],
    keys: ['f', 'enter'],
    does: 'follow again',
    explains: 'Resume following where it stopped.',
    when: (state) => !isFollowing(state),
    action: { type: 'open', view: 'following' },
  },
  {
    places: ['following'],
    keys: ['escape'],
    shown: 'esc',
    does: ({ following }) => (following.phase === 'running' ? 'stop' : 'back'),
    explains: 'Stop after the current round and go back to the summary; it can be resumed later.',
    action: { type: 'back' },
  },
  {
    places: ['following'],
    keys: ['ctrl+c'],
    does: 'stop and leave',
    explains: 'Stop after the current round and leave; gpt-migrate follow resumes.',
    when: isFollowing,
    action: { type: 'interrupt', signal: 'SIGINT' },
    rank: 2,
  },
  {
    places: ['cut-over-typing', 'cut-over-accept'],
    keys: ['tab', 'down'],
    does: 'next line',
    explains: 'Go to the next line; shift+tab goes back.',
    action: { type: 'move-focus', by: 1 },
    rank: 2,
  },
  unlisted(['cut-over-typing', 'cut-over-accept'], ['shift+tab', 'up'], { type: 'move-focus', by: -1 }),
  {
    places: ['cut-over-accept'],
    keys: ['space', 'a'],
    does: ({ cutOver }) => (cutOver.accepts ? 'do not accept' : 'accept'),
    explains: 'Cut over although rows came into quarantine, or tables are not followed any further.',
    action: { type: 'toggle-accept' },
  },
  {
    places: ['cut-over-typing', 'cut-over-accept'],
    keys: ['enter'],
    does: ({ cutOver }) => (cutOver.focus === 'name' ? 'cut over now' : 'next line'),
    explains: 'Go to the next line; after the name of the database is typed, cut over.',
    action: { type: 'proceed' },
  },
  {
    places: ['cut-over'],
    keys: ['enter'],
    does: 'try again',
    explains: 'Try again whether the writers can be kept out.',
    when: ({ cutOver }) => cutOver.phase === 'asking',
    action: { type: 'proceed' },
  },
  {
    places: ['cut-over'],
    keys: ['f'],
    does: 'follow again',
    explains: 'Resume following: nothing was switched.',
    when: (state) => hasEnded(state) && state.cutOver.answer === null,
    action: { type: 'open', view: 'following' },
  },
  {
    places: ['cut-over'],
    keys: ['ctrl+c'],
    does: ({ cutOver }) => (cutOver.stopping ? 'leave at once' : 'stop'),
    explains:
      'Stop as long as nothing is switched: the writers are let in again. A second time leaves at once.',
    when: isCuttingOver,
    action: { type: 'interrupt', signal: 'SIGINT' },
  },
  {
    places: ['queries-folder'],
    keys: ['tab'],
    does: 'complete',
    explains: 'Complete the path of the folder; ~ is your home folder.',
    action: { type: 'complete' },
  },
  {
    places: ['queries-folder'],
    keys: ['enter'],
    does: 'check',
    explains: 'Run the statements of that folder on the snapshots and on the target; neither is changed.',
    action: { type: 'proceed' },
  },
  {
    places: ['queries'],
    keys: ['enter', 'right', 'l'],
    does: 'in full',
    explains: "Show the statement with both sides' rows, and what to write instead.",
    action: { type: 'proceed' },
  },
  {
    places: ['queries'],
    keys: ['o'],
    does: 'open the report',
    explains: "Open the report on the application's SQL as a page in the browser.",
    when: ({ judging }) => judging.answer?.page != null,
    action: { type: 'open-report' },
  },
])
