/** A workplace for the tests of the pool: it answers with its thread and its own number, and dies or fails when asked to. */
import { threadId } from 'node:worker_threads'
import type { OpenPlace } from '../../../src/engine/threads/workplace.ts'

export type CountingTask = 'count' | 'fail' | 'die' | 'notice'
export type Counted = { readonly thread: number; readonly data: string; readonly count: number }

export const openPlace: OpenPlace = async (data, tell) => {
  if (data === 'refuse') throw new Error('not today')
  let count = 0
  return {
    async perform(task) {
      if (task === 'fail') throw new Error('failed as asked')
      if (task === 'die') process.exit(3)
      if (task === 'notice') tell(data)
      return { thread: threadId, data, count: ++count }
    },
    async close() {
      if (data === 'cannot close') throw new Error('cannot close')
    },
  }
}
