/** Prints a binary field of the target as text for people. */

import { UNEQUAL } from '../encode/cell/field.ts'
import { cellDecoderOf } from '../encode/conversions/cell-encoder.ts'
import { printServerText } from '../encode/conversions/server-text.ts'
import type { ColumnOrigin } from '../model/plan.ts'

export function printField(field: Buffer | null, from: ColumnOrigin): string {
  if (field === null) return 'null'
  if (field.length === 1 && field[0] === UNEQUAL) return 'a value that the type does not hold'
  switch (from.kind) {
    case 'gather':
    case 'fold':
    case 'pivot':
      return shorten(field.toString('utf8', 1))
    case 'nothing':
      return `0x${shorten(field.toString('hex'))}`
    default: {
      if (from.conversion.kind === 'json' && from.conversion.storage === 'jsonb')
        return shorten(field.toString('utf8', 1))
      if (from.conversion.kind === 'server-text') return shorten(printServerText(from.conversion, field))
      const value = cellDecoderOf(from.conversion)(field)
      return value instanceof Uint8Array
        ? `0x${shorten(Buffer.from(value).toString('hex'))}`
        : shorten(String(value))
    }
  }
}

const shorten = (text: string): string => (text.length <= 200 ? text : `${text.slice(0, 199)}…`)
