/** Child rows as a JSON array of objects in a column of the parent row. */
import { EXACT } from '../cell/conversion-encoder.ts'
import type { FieldEncoder } from '../cell/field.ts'
import { objectKeys, writeJsonbField } from '../json/json-field.ts'
import { writeJsonObject } from './gather.ts'

/** A parent without children gets null, since the source has no row for it. */
export function foldEncoder(fold: number, columns: readonly string[]): FieldEncoder {
  const keys = objectKeys(columns)
  return {
    encode(row, out) {
      const start = out.position
      let separator = '['
      const outcome = writeJsonbField(out, () => {
        for (const child of row.children(fold)) {
          out.ascii(separator)
          separator = ', '
          writeJsonObject(keys, (position) => child[position]!, out)
        }
        out.ascii(']')
      })
      if (separator !== '[') return outcome
      out.position = start
      out.int32(-1)
      return EXACT
    },
    lastError: () => '0',
  }
}
