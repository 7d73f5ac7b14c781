/** Moves the target's sequences past the numbers that its sources have used. */
import type { Catalog } from '../../model/catalog.ts'
import type { Plan, TablePlan } from '../../model/plan.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { moveSequencesOf } from '../../target/tables/sequence-start.ts'

/**
 * Sets every sequence past the largest value of its column and past the last number in SQLite's `sqlite_sequence`
 * (https://www.sqlite.org/autoinc.html), so that the next insert gets a free number.
 */
export async function moveSequences(
  connection: Connection,
  { plan, catalogs }: { readonly plan: Plan; readonly catalogs: readonly Catalog[] },
): Promise<void> {
  const filling = Map.groupBy(plan.tables, ({ fate }) =>
    fate.kind === 'copy' ? quoteTable(fate.copy.target) : null,
  )
  await moveSequencesOf(connection, plan.schema.tables, (table, column) =>
    givenOut(filling.get(quoteTable(table)) ?? [], catalogs, column),
  )
}

/** Returns the largest number in `sqlite_sequence` among the source tables, which fill the target column's table; null when there is none. */
function givenOut(tables: readonly TablePlan[], catalogs: readonly Catalog[], column: string): string | null {
  const numbers = tables.flatMap(({ database, table, fate }) => {
    if (fate.kind !== 'copy') return []
    const { copy } = fate
    const origin = copy.columns.find((planned) => planned.target === column)?.from
    const takesRowid =
      origin?.kind === 'rowid' ||
      (origin?.kind === 'column' && copy.key.kind === 'rowid' && copy.key.column === origin.column)
    if (!takesRowid) return []
    const source = catalogs.find((catalog) => catalog.database === database)
    const sequence = source?.tables.find((known) => known.name === table)?.sequence
    // Any program can write to sqlite_sequence; SQLite, too, ignores an entry that is not a number.
    return sequence != null && /^-?\d{1,19}$/.test(sequence) ? sequence : []
  })
  return numbers.toSorted((a, b) => (BigInt(a) < BigInt(b) ? 1 : -1))[0] ?? null
}
