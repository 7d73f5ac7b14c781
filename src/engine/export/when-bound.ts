/**
 * Calls a function between the binding of a statement's parameters and the making of its row. SQLite copies a parameter when it is bound,
 * and again into the row: freeing our copy in between keeps a long value in memory twice instead of three times. Invariant: the call
 * comes after the last parameter is bound, because the first step of the statement makes it
 * (https://www.sqlite.org/c3ref/bind_blob.html).
 */
import type { SqliteDatabase } from '../source/base/sqlite.ts'

/** Frees memory whose bytes were lent to a statement's parameters; null when there is none to free. */
export type Release = (() => void) | null

const NAME = 'gpt_migrate_when_bound'

/** Makes the next statement that contains an `afterBinding` call `release`. No statement of the database may be active. */
export function callWhenBound(db: Pick<SqliteDatabase, 'function'>, release: () => void): void {
  db.function(NAME, { directOnly: true }, () => {
    release()
    return 1
  })
}

/** Returns SQL for the expression `place`, with its value and type, preceded by the call. */
export function afterBinding(place: string): string {
  return `case when ${NAME}() then ${place} end`
}
