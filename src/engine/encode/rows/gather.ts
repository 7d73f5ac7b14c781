/** Several columns of one row as one JSON object with the source's names; text is always a JSON string, so that it can be restored. */

import type { ByteWriter } from '../cell/byte-writer.ts'
import type { Cell } from '../cell/cell.ts'
import type { FieldEncoder } from '../cell/field.ts'
import { writeJsonCell } from '../conversions/json.ts'
import { type JsonObjectKeys, objectKeys, writeJsonbField } from '../json/json-field.ts'

export function gatherEncoder(names: readonly string[], indexes: readonly number[]): FieldEncoder {
  const keys = objectKeys(names)
  return {
    encode: (row, out) =>
      writeJsonbField(out, () => writeJsonObject(keys, (position) => row.cells[indexes[position]!]!, out)),
    lastError: () => '0',
  }
}

/** Appends `{"name": value, …}`. */
export function writeJsonObject(
  keys: JsonObjectKeys,
  cellAt: (position: number) => Cell,
  out: ByteWriter,
): void {
  out.ascii('{')
  for (let position = 0; position < keys.length; position++) {
    if (position > 0) out.ascii(', ')
    const key = keys[position]!
    out.bytes(key, 0, key.length)
    writeJsonCell(cellAt(position), out, 'string')
  }
  out.ascii('}')
}
