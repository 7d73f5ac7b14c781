/** Keys that move along lists. */
import type { Place } from '../state/place.ts'
import { keyTable, unlisted } from './binding.ts'

const lists: readonly Place[] = [
  'discovery',
  'unfinished',
  'finished',
  'preview',
  'table',
  'findings',
  'summary',
  'summary-table',
  'summary-rejects',
  'queries',
]
const scrolls: readonly Place[] = [
  'help',
  'detail',
  'verified',
  'discovery-inside',
  'discovery-passed-over',
  'following',
]

export const movingKeys = keyTable([
  {
    places: lists,
    keys: ['up', 'k'],
    shown: '↑↓',
    does: 'move',
    explains: 'Move along the list; j and k do the same.',
    action: { type: 'move', by: -1 },
  },
  {
    places: scrolls,
    keys: ['up', 'k'],
    shown: '↑↓',
    does: 'scroll',
    explains: 'Scroll; j and k do the same.',
    action: { type: 'move', by: -1 },
  },
  unlisted([...lists, ...scrolls], ['down', 'j'], { type: 'move', by: 1 }),
  {
    places: [...lists, ...scrolls],
    keys: ['page-up'],
    shown: 'page up/down',
    does: 'by ten',
    explains: 'Move ten lines; home and end go to the first and the last.',
    action: { type: 'move', by: -10 },
    rank: 3,
  },
  unlisted([...lists, ...scrolls], ['page-down'], { type: 'move', by: 10 }),
  unlisted([...lists, ...scrolls], ['home', 'g'], { type: 'move', by: -1_000_000 }),
  unlisted([...lists, ...scrolls], ['end', 'G'], { type: 'move', by: 1_000_000 }),
])
