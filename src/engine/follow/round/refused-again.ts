/**
 * Retries unchanged rows that the server refused earlier. Invariant: a row that is refused again stays in quarantine.
 */
import { hasLastingRowid } from '../../model/plan.ts'
import { ChangeEncoder, type EncodedRow } from './encode-changes.ts'
import { encodedIn, type Round, readRows } from './round-states.ts'
import { emptyDelta, type TableDelta } from './table-delta.ts'

/** Maximum number of refused rows of a table to retry in a round; with more, none is retried. */
const MOST_AGAIN = 200

/**
 * Adds unchanged refused rows to the deltas: those of changed tables, where the row with which they collided may be gone, and those of
 * tables whose parents changed. In tables without an integer key a refused row waits for a change of its own.
 */
export function withRefused(round: Round, deltas: readonly TableDelta[]): readonly TableDelta[] {
  if (round.refused.size === 0) return deltas
  const byTable = new Map(deltas.map((delta) => [delta.tableId, delta]))
  for (const table of round.plan.tables) {
    const keys = round.refused.get(table.id)
    if (keys === undefined || keys.length > MOST_AGAIN || table.fate.kind !== 'copy') continue
    const { copy } = table.fate
    if (!hasLastingRowid(copy) || round.databases.get(table.database)?.isSound(table.table) !== true) continue
    const parents = copy.references.map(({ parent }) => parent?.tableId)
    if (!byTable.has(table.id) && !deltas.some(({ tableId }) => parents.includes(tableId))) continue
    const delta = byTable.get(table.id) ?? emptyDelta(table.id)
    const encoder = new ChangeEncoder(encodedIn(round, table, 'new'))
    const rowids = keys.flatMap(([cell]) => (cell != null && 'integer' in cell ? [BigInt(cell.integer)] : []))
    const again: EncodedRow[] = []
    readRows(round, table, copy, 'new', rowids, (row) => again.push(encoder.encode(row)))
    const isNew = (row: EncodedRow): boolean =>
      delta.come.some(({ tuple }) => tuple?.equals(row.tuple!) === true)
    byTable.set(table.id, { ...delta, again: again.filter((row) => row.tuple !== null && !isNew(row)) })
  }
  return round.plan.tables.flatMap(({ id }) => byTable.get(id) ?? [])
}
