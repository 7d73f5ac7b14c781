/** Converts a JSON array to a PostgreSQL array literal (manual section 8.15.6). Pure. */

import { Digits, readJsonArray } from '../../encode/json/json-digits.ts'

/** Returns null when `type`, such as `integer[]`, is no array or the text is no JSON array; the text is then taken as an array literal. */
export function arrayLiteral(type: string, text: string): string | null {
  if (!type.endsWith('[]') || !text.trimStart().startsWith('[')) return null
  const members = readJsonArray(text)
  return members === null ? null : membersOf(members, /^jsonb?\[\]$/.test(type))
}

function membersOf(members: readonly unknown[], isJson: boolean): string {
  return `{${members.map((member) => memberOf(member, isJson)).join(',')}}`
}

function memberOf(member: unknown, isJson: boolean): string {
  if (isJson) return quoted(jsonOf(member))
  if (member === null) return 'NULL'
  if (Array.isArray(member)) return membersOf(member, isJson)
  if (member instanceof Digits) return member.text
  return typeof member === 'string' ? quoted(member) : quoted(jsonOf(member))
}

/** The JSON text of a value, numbers with all their digits. */
function jsonOf(value: unknown): string {
  if (value instanceof Digits) return value.text
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([key, one]) => `${JSON.stringify(key)}:${jsonOf(one)}`)
    .join(',')}}`
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
