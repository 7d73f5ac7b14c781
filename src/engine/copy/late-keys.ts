/**
 * Foreign keys that hold only when all tables of their cycle are loaded: finds rows in the trial tables that will have no parent.
 * Invariant: no such key of the remaining rows refers to a missing row; rows removed from a trial return with the caller's rollback.
 */
import type { UnfillableKey } from '../model/forecast.ts'
import type { KeptOutRows, Plan } from '../model/plan.ts'
import { type ForeignKey, findParentless } from '../rows/parentless-rows.ts'
import type { RefusedRows } from '../rows/refused-rows.ts'
import { brokenReference, ORDINAL, type Trial } from '../rows/trial.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'

/** A table whose rows are in a trial table. */
export type TriedTable = {
  readonly tableId: string
  readonly target: { readonly schema: string; readonly table: string }
  readonly trial: Trial
  /** Names of its foreign keys that the trial left unchecked. */
  readonly late: ReadonlySet<string>
}

/** The server's reasons by the ordinals of the rows, by table id. */
export type KeptOut = Map<string, Map<number, string>>

export type LateRows = {
  readonly keptOut: KeptOut
  /** Late keys whose parents cannot be forecast, as `tableId` and name. */
  readonly unknown: readonly { readonly tableId: string; readonly name: string }[]
}

/**
 * Returns rows whose late key refers to no row. `parentsOf`: quoted tables in which the parent may be; null when unknown. Rows that refer
 * to such a row by another key are not returned, since the server refuses them by itself.
 */
export async function findLateRows(
  connection: Connection,
  tried: readonly TriedTable[],
  parentsOf: (key: ForeignKey) => readonly string[] | null,
): Promise<LateRows> {
  const keys = tried.flatMap((table) =>
    table.trial.foreignKeys.map((key) => ({
      table,
      key,
      isLate: table.late.has(key.name),
      parents: parentsOf(key),
    })),
  )
  const keptOut: KeptOut = new Map()
  const takeOut = async ({ table, key, isLate, parents }: (typeof keys)[number]): Promise<number> => {
    if (parents === null) return 0
    const { name } = table.trial
    const found = await findParentless(
      connection,
      key,
      `(select * from ${name} where ${ORDINAL} is not null)`,
      parents,
      ORDINAL,
    )
    if (found.length === 0) return 0
    await connection.query(`delete from ${name} where ${ORDINAL} = any ($1::double precision[])`, [found])
    if (isLate) keepOut(keptOut, table.tableId, found, brokenReference(table.target, key.name))
    return found.length
  }
  let fresh = 0
  for (const one of keys) if (one.isLate) fresh += await takeOut(one)
  while (fresh > 0) {
    fresh = 0
    for (const one of keys) fresh += await takeOut(one)
  }
  return {
    keptOut,
    unknown: keys.flatMap(({ table, key, isLate, parents }) =>
      isLate && parents === null ? [{ tableId: table.tableId, name: key.name }] : [],
    ),
  }
}

/**
 * Returns keys filled last whose rows are only known as they are without triggers: a row without a parent then stops the run when it is
 * filled. `oldIn`: quoted tables whose earlier rows count.
 */
export async function findUnfillable(
  connection: Connection,
  guessed: ReadonlyMap<string, TriedTable>,
  {
    isFilledLater,
    isKnown,
    oldIn,
  }: {
    readonly isFilledLater: (table: TriedTable, key: ForeignKey) => boolean
    readonly isKnown: (table: TriedTable, key: ForeignKey) => boolean
    readonly oldIn: (place: string) => readonly string[]
  },
): Promise<readonly UnfillableKey[]> {
  const found: UnfillableKey[] = []
  for (const table of guessed.values())
    for (const key of table.trial.foreignKeys) {
      if (!isFilledLater(table, key) || isKnown(table, key)) continue
      const place = quoteTable(key.parent)
      const parent = guessed.get(place)
      if (parent === undefined) continue
      const rows = await findParentless(
        connection,
        key,
        `(select * from ${table.trial.name} where ${ORDINAL} is not null)`,
        [...oldIn(place), parent.trial.name],
        ORDINAL,
      )
      found.push({ ...table.target, name: key.name, rows: rows.length })
    }
  return found
}

export function keepOut(all: KeptOut, tableId: string, ordinals: Iterable<number>, reason: string): void {
  const own = all.get(tableId) ?? new Map<number, string>()
  for (const ordinal of ordinals) own.set(ordinal, reason)
  all.set(tableId, own)
}

/** Returns the rows in the plan's form. */
export function listKeptOut(all: KeptOut): readonly KeptOutRows[] {
  return Array.from(all, ([tableId, rows]) =>
    Array.from(
      Map.groupBy(rows, ([, reason]) => reason),
      ([reason, alike]) => ({ tableId, reason, ordinals: alike.map(([ordinal]) => ordinal) }),
    ),
  ).flat()
}

/** Returns the table's rows in the form that copying it takes. */
export function keptOutOf({ keptOut = [] }: Plan, id: string): RefusedRows {
  return new Map(
    keptOut.flatMap(({ tableId, reason, ordinals }) =>
      tableId === id ? ordinals.map((ordinal) => [ordinal, reason] as const) : [],
    ),
  )
}
