/** What a call makes of a column's value, so that a parameter beside the call is one of its results. */
import type { SourceValue } from '../../rows/meaning/source-value.ts'
import { openMemory } from '../../source/base/sqlite.ts'

/** `call`: an expression with @value for the value. The value itself where SQLite does not take the call. */
export function calledWith(value: SourceValue, call: string | undefined): SourceValue {
  if (call === undefined || value === null) return value
  const db = openMemory()
  try {
    const [result] = db.prepare(`select ${call}`).raw().safeIntegers().get({ value }) as SourceValue[]
    return result ?? null
  } catch {
    return value
  } finally {
    db.close()
  }
}
