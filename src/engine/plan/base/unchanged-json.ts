/**
 * Columns of JSON that the census has settled: every text is a document that the server accepts and returns byte for byte, so that compiled
 * code copies and sums it without reading it again. Invariant: nothing is proven by it. The server parses every document, and what it
 * returns is compared with the snapshot's bytes.
 */
import type { TableCensus } from '../../model/census.ts'
import type { ColumnOrigin, Plan } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'

/** `censuses`: by table id. */
export function findUnchangedJson(
  { tables }: Pick<Plan, 'tables'>,
  censuses: ReadonlyMap<string, TableCensus>,
): NonNullable<Plan['unchangedJson']> {
  return Object.fromEntries(
    tables.flatMap(({ id, fate }) => {
      const census = censuses.get(id)
      if (fate.kind !== 'copy' || census === undefined) return []
      const { columns } = fate.copy
      const found = columns.flatMap(({ from }) => (isUnchanged(from, census) ? [from.column] : []))
      return found.length === 0 ? [] : [[id, found]]
    }),
  )
}

function isUnchanged(
  from: ColumnOrigin,
  { columns }: TableCensus,
): from is Extract<ColumnOrigin, { readonly kind: 'column' }> {
  if (from.kind !== 'column' || from.conversion.kind !== 'json' || from.conversion.text === 'string')
    return false
  const counted = columns.find(({ name }) => name === from.column)
  if (counted?.spellings === undefined) return false
  const { jsonDocuments, printedDocuments } = counted.spellings
  return (
    counted.texts > 0 &&
    counted.texts === (from.conversion.storage === 'json' ? jsonDocuments : printedDocuments)
  )
}

/** Returns the table's columns; none when the snapshot is not the one that was counted, as after rounds of following. */
export function unchangedJsonOf(
  { unchangedJson = {}, sources }: Plan,
  tableId: string,
  { database, sha256 }: Snapshot,
): ReadonlySet<string> {
  const counted = sources.find((source) => source.database === database)
  return new Set(counted?.sha256 === sha256 ? unchangedJson[tableId] : [])
}
