/**
 * Names and literals as SQL text. Invariant: only this file turns a name or a value into SQL text, and whatever the input, the result is
 * one identifier or one literal.
 */
import { MigrateError } from '../model/errors.ts'
import type { TableName } from '../model/target-schema.ts'

/** Returns a quoted identifier with doubled quotes (PostgreSQL manual section 4.1.1); names cannot contain U+0000. */
export function quoteIdentifier(name: string): string {
  if (name === '') throw new MigrateError('plan', 'empty-name', 'A name in the target cannot be empty.')
  if (name.includes('\0')) {
    throw new MigrateError(
      'plan',
      'nul-in-name',
      `The name ${JSON.stringify(name)} holds the character U+0000.`,
      {
        hint: 'PostgreSQL has no such names: choose another one in the mapping.',
      },
    )
  }
  return `"${name.replaceAll('"', '""')}"`
}

/** Returns a string constant (section 4.1.2.1): `E''` for text with a backslash, so that its meaning does not depend on the session. */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) {
    throw new MigrateError('plan', 'nul-in-text', 'A text constant of the plan holds the character U+0000.')
  }
  const quoted = text.replaceAll("'", "''")
  return text.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`
}

export function quoteTable(name: TableName): string {
  return `${quoteIdentifier(name.schema)}.${quoteIdentifier(name.table)}`
}
