/**
 * Foreign keys that hold only when all tables of their cycle have arrived: which rows of the tables in a trial name none then. Invariant:
 * of the rows that are left no such key names a row that is not; what it takes out of the trial is undone by the caller's rollback.
 */
import type { UnfillableKey } from '../model/forecast.ts'
import type { KeptOutRows, Plan } from '../model/plan.ts'
import { type ForeignKey, findParentless } from '../rows/parentless-rows.ts'
import type { RefusedRows } from '../rows/refused-rows.ts'
import { brokenReference, ORDINAL, type Trial } from '../rows/trial.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'

/** A table whose rows are in a trial. */
export type TriedTable = {
  readonly tableId: string
  readonly target: { readonly schema: string; readonly table: string }
  readonly trial: Trial
  /** Names of its foreign keys that the trial left for later. */
  readonly late: ReadonlySet<string>
}

/** By table id, ordinals of rows with the reason in the server's words. */
export type KeptOut = Map<string, Map<number, string>>

export type LateRows = {
  readonly keptOut: KeptOut
  /** Late keys whose parents are not known, as `tableId` and name. */
  readonly unknown: readonly { readonly tableId: string; readonly name: string }[]
}

/**
 * Rows with a late key that names none. `parentsOf`: quoted tables that hold the rows which a key may name; null where nobody knows. Rows
 * that only name such a row by another key are not returned: the server refuses them by itself.
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
 * Keys filled last that are known only as they are without triggers: a row that names none then stops the run when it is filled.
 * `oldIn`: quoted tables whose rows of before count.
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

/** As the plan holds them. */
export function listKeptOut(all: KeptOut): readonly KeptOutRows[] {
  return Array.from(all, ([tableId, rows]) =>
    Array.from(
      Map.groupBy(rows, ([, reason]) => reason),
      ([reason, alike]) => ({ tableId, reason, ordinals: alike.map(([ordinal]) => ordinal) }),
    ),
  ).flat()
}

/** As the copy of the table takes them. */
export function keptOutOf({ keptOut = [] }: Plan, id: string): RefusedRows {
  return new Map(
    keptOut.flatMap(({ tableId, reason, ordinals }) =>
      tableId === id ? ordinals.map((ordinal) => [ordinal, reason] as const) : [],
    ),
  )
}
