/**
 * The values of columns in records that were written before the columns were added (https://www.sqlite.org/lang_altertable.html, "ALTER
 * TABLE ADD COLUMN"). Invariant: they are the caller's, and equal in all records of a table.
 */
import { setValue } from './record'

/** For each column the serial type and the address of the value, of 32 bits each. */
const values = memory.data(16000)
const VALUE_BYTES: i32 = 8

export function setAdded(column: i32, type: i32, place: i32): void {
  store<i32>(<i32>values + column * VALUE_BYTES, type)
  store<i32>(<i32>values + column * VALUE_BYTES, place, 4)
}

/** Completes the last record, which has values for the first `known` of `columns` columns. */
export function completeRecord(known: i32, columns: i32): void {
  for (let column = known; column < columns; column++) {
    const value = <i32>values + column * VALUE_BYTES
    setValue(column, load<i32>(value), load<i32>(value, 4))
  }
}
