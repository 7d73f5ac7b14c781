import { ByteWriter } from '../../encode/cell/byte-writer.ts'
import { Cell, NULL } from '../../encode/cell/cell.ts'
import { FIRST_REJECT, ROUNDED } from '../../encode/cell/conversion-encoder.ts'
import { cellEncoderOf } from '../../encode/conversions/cell-encoder.ts'
import { valueText } from '../../encode/rows/field-text.ts'
import type { CatalogColumn } from '../../model/catalog.ts'
import type { Conversion } from '../../model/conversion.ts'
import { fillCells, type RawRow, TextScratch } from '../../source/base/raw-cells.ts'
import { openMemory, type SqliteDatabase } from '../../source/base/sqlite.ts'
import { quoteLiteral } from '../../syntax/postgres-names.ts'
import { parseExpression } from '../parse/parse-expression.ts'
import { printNow } from '../times/moments.ts'
import type { Expression } from '../tree/expression.ts'
import { type Kind, kindOfType, type Scope, Untranslatable } from '../tree/scope.ts'
import { printRandom } from '../values/random-values.ts'
import { printExpression } from './print-postgres.ts'

/**
 * Prints a column's default for PostgreSQL. Invariant: the default is what the conversion makes of the value that SQLite would store; any
 * other is Untranslatable.
 */

type DefaultColumn = {
  readonly type: string
  readonly conversion: Conversion
  readonly affinity: CatalogColumn['affinity']
}

/** Returns the default as SQL; null for NULL. `sql`: as in `pragma table_xinfo`. Throws Untranslatable or SqlSyntaxError. */
export function printDefault(sql: string, column: DefaultColumn): string | null {
  const expression = parseExpression(sql)
  const kind = kindOfType(column.type)
  if (kind === null) throw new Untranslatable(`a default for the type ${column.type}`)
  if (isConstant(expression))
    return printConstant(expression.kind === 'name' ? sql : `(${sql}\n)`, kind, column)
  const printed = printNow(expression, kind) ?? printRandom(expression, kind)
  if (printed !== null) return printed
  const scope: Scope = { column: () => undefined, purpose: 'generated', major: 0 }
  const other = printExpression(expression, scope)
  if (other.isWide) throw new Untranslatable('an integer beyond 64 bits')
  if (other.kind !== kind) throw new Untranslatable(`a default of type ${other.kind} for ${column.type}`)
  return `(${other.sql})`
}

/** A bare name is a string here (https://www.sqlite.org/lang_createtable.html#the_default_clause). */
function isConstant(expression: Expression): boolean {
  switch (expression.kind) {
    case 'null':
    case 'integer':
    case 'real':
    case 'string':
    case 'blob':
    case 'boolean':
      return true
    case 'name':
      return expression.table === null
    case 'unary':
      return /^[-+]$/.test(expression.operator) && isConstant(expression.operand)
    case 'call':
      return /^json(?:_array|_object)?$/.test(expression.name) && expression.arguments.every(isConstant)
    default:
      return false
  }
}

let memory: SqliteDatabase | null = null

/** Returns the value that SQLite stores for the default in a column of the affinity. */
function storedIn(affinity: CatalogColumn['affinity'], sql: string): Cell {
  memory ??= openMemory()
  memory.exec(
    `drop table if exists t; create table t (c ${affinity} default ${sql}); insert into t default values`,
  )
  const row = memory.prepare('select c from t').raw().safeIntegers().get() as RawRow
  const cell = new Cell()
  fillCells([cell], row, 0, 'strings', 'utf8', new TextScratch())
  return cell
}

/** Returns null when the stored value is NULL. */
function printConstant(sql: string, kind: Kind, column: DefaultColumn): string | null {
  const { type, conversion, affinity } = column
  const out = new ByteWriter(64)
  const cell = storedIn(affinity, sql)
  if (cell.storage === NULL) return null
  const outcome = cellEncoderOf(conversion).encode(cell, out)
  if (outcome === ROUNDED) throw new Untranslatable(`the default does not fit ${type}`)
  if (outcome >= FIRST_REJECT) throw new Untranslatable(`the default is not a value of type ${type}`)
  const text = valueText(out.buffer.subarray(4, out.position), conversion)
  switch (kind) {
    case 'integer':
    case 'numeric':
    case 'boolean':
      return text
    case 'double':
      return Number.isFinite(Number(text)) ? text : `${quoteLiteral(text)}::double precision`
    case 'text':
      return quoteLiteral(text)
    case 'bytea':
      return `'${text}'::bytea`
    default:
      return `${quoteLiteral(text)}::${type}`
  }
}
