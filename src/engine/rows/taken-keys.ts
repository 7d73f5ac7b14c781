/**
 * Rows of a block whose unique keys are taken by rows of the target. Invariant: in the caller's transaction, and only rows that the
 * server would refuse for that, each by the first index that does.
 */
import type { CopyPlan } from '../model/plan.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection.ts'
import { isRowRefusal, isStatementRefusal } from '../target/pg-errors.ts'
import { workTable } from '../target/work-table.ts'
import { copyStatement, sendTuples, type Tuple } from './send-tuples.ts'

/** Counts the rows as they come. */
const POSITION = '"gpt_migrate position"'

type UniqueIndex = {
  readonly name: string
  /** Columns and expressions in SQL. */
  readonly keys: readonly string[]
  readonly condition: string | null
  readonly nullsAreEqual: boolean
}

/** By ordinal, with the server's words. */
export async function findTakenKeys(
  connection: Connection,
  copy: CopyPlan,
  tuples: readonly Tuple[],
): Promise<ReadonlyMap<number, string>> {
  const taken = new Map<number, string>()
  const indexes = await readUniqueIndexes(connection, copy)
  if (indexes.length === 0) return taken
  const columns = copy.columns.map(({ target }) => quoteIdentifier(target)).join(', ')
  await connection.execute('savepoint sent')
  const { name: sent, create } = await workTable(connection, 'gpt_migrate_sent')
  await connection.execute(
    `create ${create} ${sent} as select ${columns} from ${quoteTable(copy.target)} with no data;
     alter table ${sent} add column ${POSITION} integer generated always as identity`,
  )
  try {
    await sendTuples(connection, copyStatement(copy, sent), tuples)
  } catch (error) {
    // A value that the type itself refuses, as a domain does: found one by one.
    if (!isRowRefusal(error)) throw error
    await connection.execute('rollback to savepoint sent')
    return taken
  }
  await connection.execute(`analyze ${sent}`)
  for (const index of indexes) {
    for (const position of await positionsTaken(connection, copy, index, sent)) {
      const { ordinal } = tuples[position - 1]!
      if (!taken.has(ordinal))
        taken.set(ordinal, `duplicate key value violates unique constraint "${index.name}"`)
    }
  }
  return taken
}

/** Valid unique indexes that are checked at once, in the order in which the server checks them. */
async function readUniqueIndexes(
  connection: Connection,
  { target }: CopyPlan,
): Promise<readonly UniqueIndex[]> {
  const { rows } = await connection.query<UniqueIndex>(
    `select c.relname as name,
            array(select pg_get_indexdef(i.indexrelid, k, true) from generate_series(1, i.indnkeyatts) k) as keys,
            pg_get_expr(i.indpred, i.indrelid) as condition,
            coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) as "nullsAreEqual"
       from pg_index i
       join pg_class c on c.oid = i.indexrelid
      where i.indrelid = ${quoteLiteral(quoteTable(target))}::regclass and i.indisunique and i.indimmediate and i.indisready
      order by i.indexrelid`,
  )
  return rows
}

async function positionsTaken(
  connection: Connection,
  { target }: CopyPlan,
  { keys, condition, nullsAreEqual }: UniqueIndex,
  sent: string,
): Promise<readonly number[]> {
  const named = keys.map((key, at) => `(${key}) as k${at}`).join(', ')
  const where = condition === null ? '' : ` where ${condition}`
  const equal = keys.map((_, at) => `x.k${at} ${nullsAreEqual ? 'is not distinct from' : '='} s.k${at}`)
  await connection.execute('savepoint taken')
  try {
    const { rows } = await connection.query<{ position: number }>(
      `select s.position
         from (select ${POSITION} as position, ${named} from ${sent}${where}) s
        where exists (select from (select ${named} from ${quoteTable(target)}${where}) x where ${equal.join(' and ')})`,
    )
    await connection.execute('release savepoint taken')
    return rows.map(({ position }) => position)
  } catch (error) {
    // Of a column that is not sent, or of a type without an equality by this name: the rows are found one by one.
    if (!isStatementRefusal(error)) throw error
    await connection.execute('rollback to savepoint taken')
    return []
  }
}
