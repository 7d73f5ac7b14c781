/**
 * Asks the target's server, before anything is written, how it reads the values of columns whose type only it can parse. Invariant: a
 * column's values are either all kept, when the plan can hold them, or none is, with the reason.
 */
import { formatCount } from '../../model/format-count.ts'
import type { ServerColumn, ServerPlace } from '../../model/server-column.ts'
import type { SnapshotQueries } from '../../model/snapshot.ts'
import type { TableName } from '../../model/target-schema.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { TargetAddress } from '../../target/address/address.ts'
import { connect } from '../../target/connection/connection.ts'
import { refuseForeignObjects } from '../../target/guards/ownership.ts'
import { arrayLiteral } from '../../target/tables/array-literal.ts'
import { askValues } from '../../target/tables/ask-values.ts'

const MOST_VALUES = 50_000
const MOST_CHARACTERS = 16 << 20

/** `tables`: the plan's. Throws `target-of-another-role` when a superuser would call another role's functions. */
export async function askServer(
  places: readonly ServerPlace[],
  queries: SnapshotQueries,
  address: TargetAddress,
  {
    schema,
    zone,
    tables,
  }: { readonly schema: string; readonly zone: string; readonly tables: readonly TableName[] },
): Promise<readonly ServerColumn[]> {
  if (places.length === 0) return []
  await using connection = await connect(address)
  await refuseForeignObjects(connection, tables)
  const columns: ServerColumn[] = []
  for (const place of places) {
    const texts = distinctValues(queries, place)
    if (texts === null) {
      const most = formatCount(MOST_VALUES)
      columns.push({ ...place, ...unknown(`its source holds more than ${most} different values`) })
      continue
    }
    const spelled = new Map(
      [...texts.keys()].map((text) => [text, arrayLiteral(place.type, text) ?? text] as const),
    )
    const asked = [...new Set(spelled.values())]
    const answers = await askValues(connection, { type: place.type, schema, zone }, asked)
    if (answers === null) {
      columns.push({ ...place, ...unknown('the server has no binary form of it') })
      continue
    }
    const values = Object.fromEntries(
      [...spelled].map(([text, literal]) => [text, answers.get(literal) ?? null]),
    )
    const refused = [...texts].reduce((sum, [text, rows]) => (values[text] === null ? sum + rows : sum), 0)
    columns.push({ ...place, values, why: null, refused })
  }
  return columns
}

function unknown(why: string): Pick<ServerColumn, 'values' | 'why' | 'refused'> {
  return { values: null, why, refused: 0 }
}

/** Returns texts, and whole numbers as text, with the number of their rows; null when there are too many. */
function distinctValues(
  queries: SnapshotQueries,
  { database, table, column }: ServerPlace,
): ReadonlyMap<string, number> | null {
  const sql = quoteSqlite(column)
  const rows = queries.rows(
    [database],
    `select cast(${sql} as text) collate binary as v, count(*) as n, length(cast(${sql} as text)) as l from ${quoteSqlite(table)}
      where typeof(${sql}) in ('text', 'integer') group by v limit ${MOST_VALUES + 1}`,
  )
  const characters = rows.reduce((sum, [, , length]) => sum + Number(length), 0)
  if (rows.length > MOST_VALUES || characters > MOST_CHARACTERS) return null
  return new Map(rows.map(([value, count]) => [String(value), Number(count)]))
}
