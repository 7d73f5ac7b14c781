/** Which finished tables get a line of their own: of hundreds of tables most are empty or small, and only the summary counts them. Pure. */

/** Up to this many tables, every table with rows gets a line. */
export const MOST_TABLES = 24

/** With more, only a table that took at least this long does. */
const LONG_MS = 1000

type FinishedTable = { readonly rows: number; readonly quarantined: number; readonly elapsedMs: number }

/** `tables`: number of tables that the run moves. */
export function hasOwnLine({ rows, quarantined, elapsedMs }: FinishedTable, tables: number): boolean {
  return quarantined > 0 || (rows > 0 && (tables <= MOST_TABLES || elapsedMs >= LONG_MS))
}
