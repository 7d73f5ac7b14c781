/**
 * Builds keys and indexes and validates constraints, on several sessions or on the run's own. Invariant: when a step fails, the steps
 * under way end before its error is thrown. Sessions are opened for the first step that they take.
 */
import { availableParallelism } from 'node:os'
import type { RunContext } from '../../events/run-context.ts'
import { publishSpan, spanNow } from '../../events/spans.ts'
import type { Plan } from '../../model/plan.ts'
import { rowsByTarget } from '../../plan/base/rows-by-target.ts'
import type { Statement } from '../../plan/ddl/ddl-statement.ts'
import { mayCommitLater } from '../../plan/distribution/table-facts.ts'
import { isThisMachine, type TargetAddress } from '../../target/address/address.ts'
import { type Connection, connect } from '../../target/connection/connection.ts'
import { readIndexProgress } from '../../target/tables/index-progress.ts'
import { MOST_MEGABYTES, setSortMemory, sortMegabytes } from '../../target/tables/sort-memory.ts'
import type { SharedCores } from '../../threads/shared-cores.ts'
import type { LoadedTables } from '../load/loaded-tables.ts'
import { IndexQueue } from './index-queue.ts'

type IndexWork<T> = {
  readonly steps: readonly T[]
  readonly perform: (session: Connection, step: T) => Promise<void>
  /** Called before the first step of a table and after its last. */
  readonly onTable: (session: Connection, step: T, which: 'first' | 'last') => Promise<void>
  /** Whether the step only takes long because the server waits for its disk. */
  readonly isWaiting: (step: T) => boolean
  /** Whether the step's tables have their rows, and it is its turn. */
  readonly mayBegin: (step: T) => boolean
  readonly loaded: LoadedTables
  /** Called with the names of the indexes being built and the percentage of each. */
  readonly report: (detail: string) => void
}

/** Time between two queries of the server's progress. */
const LOOK_MS = 500

/**
 * Polls the server's progress on `connection`, or builds everything on it when `indexers` is 0; it is not used before the load is complete,
 * and must then be idle. Ends early when the run is stopped, or the load given up.
 */
export async function buildIndexes<T extends { readonly statement: Statement }>(
  connection: Connection,
  {
    plan,
    address,
    indexers,
    furtherIndexers,
    cores,
  }: {
    readonly plan: Plan
    readonly address: TargetAddress
    readonly indexers: number
    /** Sessions beside those that take only steps that wait. */
    readonly furtherIndexers: number
    readonly cores: SharedCores
  },
  { steps, perform, onTable, isWaiting, mayBegin, loaded, report }: IndexWork<T>,
  context: RunContext,
): Promise<void> {
  const rows = rowsByTarget(plan)
  const rowsOf = ({ statement: { table } }: T): number =>
    table === null ? 0 : (rows.get(`${table.schema}.${table.table}`) ?? 0)
  const queue = new IndexQueue(steps, rowsOf, mayBegin)
  loaded.onChange(() => (loaded.isGivenUp ? queue.close() : queue.wake()))
  /** Names of the objects being built, by the server's process id. */
  const building = new Map<number, string>()
  const lanes = Math.min(indexers, steps.length)
  const waitingSteps = steps.filter(isWaiting).length
  const furtherLanes = Math.max(0, Math.min(furtherIndexers, waitingSteps - lanes))
  // With a session for every core of this machine, parallel workers of the server would only take time from the sessions and from the
  // readers of the snapshot: measured at a fortieth of a whole run on two cores.
  const areCoresTaken = isThisMachine(address) && lanes >= availableParallelism()
  const memoryFor = (step: T): number =>
    // Parallel workers share the memory, and a validation joins two tables in it.
    areCoresTaken && isSorted(step.statement, plan) ? sortMegabytes(rowsOf(step)) : MOST_MEGABYTES
  /** Returns true when it was the last step of its table. */
  const build = async (session: Connection, name: string, step: T): Promise<boolean> => {
    const startMs = spanNow()
    let isLast = false
    try {
      building.set(session.processId, step.statement.object.name)
      await perform(session, step)
    } finally {
      publishSpan(name, step.statement.object, startMs)
      building.delete(session.processId)
      isLast = queue.finish(step)
    }
    return isLast
  }
  const atTable = async (
    session: Connection,
    name: string,
    step: T,
    which: 'first' | 'last',
  ): Promise<void> => {
    const startMs = spanNow()
    await onTable(session, step, which)
    publishSpan(name, { kind: 'analyze', name: step.statement.table?.table }, startMs)
  }
  const lane = async (name: string, takesAll: boolean): Promise<void> => {
    let session = indexers === 0 ? connection : null
    let megabytes = 0
    try {
      while (await context.control.mayContinue()) {
        const step = takesAll ? queue.take() : queue.take(isWaiting)
        if (step === null) {
          if (takesAll && (await queue.waitForTurn())) continue
          return
        }
        const releaseCore = cores.take()
        try {
          if (session === null) {
            session = await connect(address, { commitsLater: mayCommitLater(plan) })
            if (areCoresTaken) await session.query('set max_parallel_maintenance_workers = 0')
          }
          if (queue.isFirst(step)) await atTable(session, name, step, 'first')
          if (megabytes !== memoryFor(step)) {
            megabytes = memoryFor(step)
            await setSortMemory(session, megabytes)
          }
          if (await build(session, name, step)) await atTable(session, name, step, 'last')
        } catch (error) {
          queue.close()
          loaded.giveUp()
          throw error
        } finally {
          releaseCore()
        }
      }
    } finally {
      if (session !== connection) await session?.end()
    }
  }
  if (indexers === 0) {
    if (await loaded.end) await lane('session', true)
    return
  }
  let isOver = false
  let stopPolling = async (): Promise<void> => {}
  const polling = async (): Promise<void> => {
    if (!(await loaded.end) || isOver) return
    stopPolling = pollRegularly(async () => {
      const progress = await readIndexProgress(connection, [...building.keys()])
      const parts = Array.from(building, ([pid, name]) => [name, progress.get(pid)] as const)
      const known = parts.filter(([, done]) => done !== undefined)
      if (known.length > 0)
        report(known.map(([name, done]) => `${name} ${Math.floor(done! * 100)} %`).join(', '))
    })
  }
  void polling()
  try {
    const results = await Promise.allSettled(
      Array.from({ length: lanes + furtherLanes }, async (_, index) => {
        const takesAll = index < lanes
        // Those take only what can begin at once.
        if (takesAll || (await loaded.end)) await lane(`index session ${index + 1}`, takesAll)
      }),
    )
    const rejected = results.find((result) => result.status === 'rejected')
    if (rejected !== undefined) throw rejected.reason
  } finally {
    isOver = true
    await stopPolling()
  }
}

/** Whether the statement builds a B-tree. */
function isSorted({ object, table }: Statement, { schema }: Plan): boolean {
  if (object.kind !== 'index') return object.kind === 'primary-key' || object.kind === 'unique'
  const target = schema.tables.find((one) => one.schema === table?.schema && one.table === table.table)
  return target?.indexes.find(({ name }) => name === object.name)?.method === undefined
}

/** Calls `look` repeatedly, one call after the other, until the returned function is called. A call that fails is the last. */
function pollRegularly(look: () => Promise<void>): () => Promise<void> {
  let timer: NodeJS.Timeout | null = null
  let looking: Promise<void> = Promise.resolve()
  let isOver = false
  const wait = (): void => {
    if (!isOver) timer = setTimeout(() => (looking = look().then(wait, () => {})), LOOK_MS)
  }
  wait()
  return async () => {
    isOver = true
    if (timer !== null) clearTimeout(timer)
    await looking
  }
}
