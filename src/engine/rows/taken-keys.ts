/** Finds rows of a block whose unique keys the target already has, in one query for all rows. */
import type { CopyPlan } from '../model/plan.ts'
import { quoteLiteral, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { isStatementRefusal } from '../target/connection/pg-errors.ts'
import { refusalOf } from '../target/connection/savepoint.ts'

type UniqueIndex = {
  readonly name: string
  /** Columns and expressions as SQL. */
  readonly keys: readonly string[]
  readonly condition: string | null
  readonly nullsAreEqual: boolean
}

/** Returns unique indexes, in the order in which the server checks them. */
export async function readUniqueIndexes(
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
      where i.indrelid = ${quoteLiteral(quoteTable(target))}::regclass and i.indisunique and i.indisready
      order by i.indexrelid`,
  )
  return rows
}

/** Returns the positions of such rows in `sent`. */
export async function findTaken(
  connection: Connection,
  { target }: CopyPlan,
  { keys, condition, nullsAreEqual }: UniqueIndex,
  sent: string,
  position: string,
): Promise<readonly number[]> {
  const named = keys.map((key, at) => `(${key}) as k${at}`).join(', ')
  const where = condition === null ? '' : ` where ${condition}`
  const equal = keys.map((_, at) => `x.k${at} ${nullsAreEqual ? 'is not distinct from' : '='} s.k${at}`)
  let found: readonly number[] = []
  // The query fails for a key column that is not sent, or a type without this equality: such rows are found one by one.
  await refusalOf(connection, isStatementRefusal, async () => {
    const { rows } = await connection.query<{ position: number }>(
      `select s.position
         from (select ${position} as position, ${named} from ${sent}${where}) s
        where exists (select from (select ${named} from ${quoteTable(target)}${where}) x where ${equal.join(' and ')})`,
    )
    found = rows.map((row) => row.position)
  })
  return found
}
