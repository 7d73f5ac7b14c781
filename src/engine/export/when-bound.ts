/**
 * A call between the binding of a statement's parameters and the making of its row. SQLite copies a parameter when it is bound, and once
 * more into the row: freeing our copy in between keeps a long value twice in memory instead of three times. Invariant: the call comes
 * after the last parameter is bound, because a statement's first step does (https://www.sqlite.org/c3ref/bind_blob.html).
 */
import type { SqliteDatabase } from '../source/base/sqlite.ts'

/** Frees memory that lent its bytes to a statement's parameters; null where there is none to free. */
export type Release = (() => void) | null

const NAME = 'gpt_migrate_when_bound'

/** Has the next statement that holds an `afterBinding` call `release`. No statement of the database may be under way. */
export function callWhenBound(db: Pick<SqliteDatabase, 'function'>, release: () => void): void {
  db.function(NAME, { directOnly: true }, () => {
    release()
    return 1
  })
}

/** The SQL expression `place`, whose value and type it keeps, with the call before it. */
export function afterBinding(place: string): string {
  return `case when ${NAME}() then ${place} end`
}
