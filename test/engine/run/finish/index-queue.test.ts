import { describe, expect, it } from 'vitest'
import type { Statement } from '../../../../src/engine/plan/ddl/ddl-statement.ts'
import { IndexQueue } from '../../../../src/engine/run/finish/index-queue.ts'

type Step = { readonly statement: Statement; readonly rows: number }

function step(kind: 'primary-key' | 'unique' | 'index', table: string, name: string, rows = 1): Step {
  const statement: Statement = {
    object: { kind, schema: 's', name },
    table: { schema: 's', table },
    sql: '',
  }
  return { statement, rows }
}

const queueOf = (...steps: Step[]) => new IndexQueue(steps, ({ rows }) => rows)
const nameOf = (taken: Step | null): string | null => taken?.statement.object.name ?? null

describe('the queue of keys and indexes', () => {
  it('gives a key its table alone, and indexes of one table side by side', () => {
    const key = step('primary-key', 't', 'key')
    const queue = queueOf(key, step('index', 't', 'first'), step('index', 't', 'second'))
    expect(queue.take()).toBe(key)
    expect(queue.take()).toBeNull()
    queue.finish(key)
    expect([queue.take(), queue.take(), queue.take()].map(nameOf)).toEqual(['first', 'second', null])
  })

  it('lets no key begin beside another of its table, but beside those of other tables', () => {
    const queue = queueOf(
      step('primary-key', 't', 't key'),
      step('unique', 't', 't unique'),
      step('unique', 'u', 'u unique'),
    )
    expect([queue.take(), queue.take(), queue.take()].map(nameOf)).toEqual(['t key', 'u unique', null])
  })

  it('hands out only what is wanted, in its turn', () => {
    const queue = queueOf(
      step('index', 'large', 'large index', 1000),
      step('primary-key', 'small', 'small key', 10),
      step('index', 'small', 'small index', 10),
    )
    const isSmall = ({ rows }: Step) => rows < 100
    expect([queue.take(isSmall), queue.take(isSmall), queue.take()].map(nameOf)).toEqual([
      'small key',
      null,
      'large index',
    ])
  })

  it('reports the first step of a table, and the last', () => {
    const [key, first, second] = [
      step('primary-key', 't', 'key'),
      step('index', 't', 'first'),
      step('index', 't', 'second'),
    ]
    const queue = queueOf(first, key, second)
    expect([key, first, second].map((one) => queue.isFirst(one))).toEqual([true, false, false])
    expect(queue.take()).toBe(key)
    expect(queue.finish(key)).toBe(false)
    queue.take()
    queue.take()
    expect([queue.finish(second), queue.finish(first)]).toEqual([false, true])
  })

  it('begins with the largest table', () => {
    const queue = queueOf(step('index', 'small', 'small', 10), step('index', 'large', 'large', 1000))
    expect(nameOf(queue.take())).toBe('large')
  })

  it('wakes a waiting lane at the end of a step, and at the end of all', async () => {
    const key = step('primary-key', 't', 'key')
    const queue = queueOf(key, step('index', 't', 'index'))
    queue.take()
    const waiting = queue.waitForTurn()
    queue.finish(key)
    expect(await waiting).toBe(true)
    expect(nameOf(queue.take())).toBe('index')
    expect(await queue.waitForTurn()).toBe(false)
  })

  it('waits for tables that may not begin, until it is told that they may', async () => {
    const large = step('primary-key', 'large', 'large key', 1000)
    const small = step('primary-key', 'small', 'small key', 10)
    const loaded = new Set(['small'])
    const queue = new IndexQueue(
      [large, small],
      ({ rows }) => rows,
      ({ statement: { table } }) => loaded.has(table!.table),
    )
    expect([queue.take(), queue.take()].map(nameOf)).toEqual(['small key', null])
    queue.finish(small)
    const waiting = queue.waitForTurn()
    loaded.add('large')
    queue.wake()
    expect(await waiting).toBe(true)
    expect(queue.take()).toBe(large)
  })

  it('hands out nothing more when it is closed', async () => {
    const queue = queueOf(step('primary-key', 't', 'key'), step('index', 't', 'index'))
    expect(nameOf(queue.take())).toBe('key')
    const waiting = queue.waitForTurn()
    queue.close()
    expect([await waiting, await queue.waitForTurn()]).toEqual([true, false])
    expect(queue.take()).toBeNull()
  })
})
