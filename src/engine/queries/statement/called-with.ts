/** Applies a call to a column's value, so that a parameter that is compared with the call gets one of its results. */
import type { SourceValue } from '../../rows/meaning/source-value.ts'
import { openMemory } from '../../source/base/sqlite.ts'

/** `call`: an expression with @value for the value. Returns the value itself when SQLite refuses the call. */
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
