/**
 * Restores the cells that `writeJsonCell` wrote into a JSON object or array, from the text that jsonb prints. Invariant: INTEGER and REAL are
 * distinguished by their spelling, and no number passes through a double that could change it.
 */
import { isUtf8 } from 'node:buffer'
import type { InvalidText } from '../encode/cell/stored-cell.ts'
import type { SqliteValue } from '../model/storage.ts'

export type RestoredValue = SqliteValue | InvalidText

/** A jsonb field has a version byte before its text. */
const TEXT_AT = 1

/** Returns an object's values by name; null when the field is not an object. */
export function readObject(field: Buffer): ReadonlyMap<string, RestoredValue> | null {
  return asObject(parse(field.toString('utf8', TEXT_AT)))
}

/** Returns an array's objects; null when the field is not an array of objects. */
export function readObjects(field: Buffer): readonly ReadonlyMap<string, RestoredValue>[] | null {
  const parsed = parse(field.toString('utf8', TEXT_AT))
  if (!Array.isArray(parsed)) return null
  const objects = parsed.map(asObject)
  return objects.every((object) => object !== null) ? objects : null
}

class NumberText {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Parsed = null | boolean | string | NumberText | Parsed[] | { readonly [name: string]: Parsed }

/** https://tc39.es/proposal-json-parse-with-source/ */
type Reviver = (name: string, value: unknown, context: { readonly source: string }) => unknown
const reviver: Reviver = (_name, value, context) =>
  typeof value === 'number' ? new NumberText(context.source) : value

function parse(text: string): Parsed {
  return JSON.parse(text, reviver as (name: string, value: unknown) => unknown) as Parsed
}

function asObject(parsed: Parsed): ReadonlyMap<string, RestoredValue> | null {
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed) || parsed instanceof NumberText)
    return null
  return new Map(Object.entries(parsed).map(([name, value]) => [name, restoredOf(value)]))
}

function restoredOf(parsed: Parsed): RestoredValue {
  if (parsed === null || typeof parsed === 'string') return parsed
  if (typeof parsed === 'boolean') return parsed ? 1n : 0n
  if (parsed instanceof NumberText) return numberOf(parsed.text)
  if (!Array.isArray(parsed)) {
    const [[kind, inside] = [], ...more] = Object.entries(parsed)
    if (more.length === 0 && typeof inside === 'string') {
      if (kind === '$real') return Number(inside)
      if (kind === '$blob') return Buffer.from(inside, 'base64')
      if (kind === '$text') {
        const bytes = Buffer.from(inside, 'base64')
        return isUtf8(bytes) ? bytes.toString() : { invalidText: bytes }
      }
    }
  }
  return print(parsed)
}

function numberOf(text: string): RestoredValue {
  if (!/^-?\d+$/.test(text)) return Number(text)
  const value = BigInt(text)
  return BigInt.asIntN(64, value) === value ? value : text
}

/** Prints JSON that the migration cannot have written, which is kept as JSON text. */
function print(parsed: Parsed): string {
  if (parsed instanceof NumberText) return parsed.text
  if (Array.isArray(parsed)) return `[${parsed.map(print).join(', ')}]`
  if (parsed === null || typeof parsed !== 'object') return JSON.stringify(parsed)
  const members = Object.entries(parsed).map(([name, value]) => `${JSON.stringify(name)}: ${print(value)}`)
  return `{${members.join(', ')}}`
}
