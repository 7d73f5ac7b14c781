/** Which finished tables get a line of their own during a run: of hundreds most are empty or small, and the summary counts them. Pure. */

/** Tables that are listed whole, whatever they hold. */
export const MOST_TABLES = 24

/** Where there are more, a table that took less is not named. */
const LONG_MS = 1000

type FinishedTable = { readonly rows: number; readonly quarantined: number; readonly elapsedMs: number }

/** `tables`: how many the run moves. */
export function hasOwnLine({ rows, quarantined, elapsedMs }: FinishedTable, tables: number): boolean {
  return quarantined > 0 || (rows > 0 && (tables <= MOST_TABLES || elapsedMs >= LONG_MS))
}
