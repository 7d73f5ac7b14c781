/**
 * Names and literals as SQL text. Invariant: nothing else in the program turns a name or a value into SQL text; whatever the
 * input, the result is one identifier or one literal.
 */
import { MigrateError } from '../model/errors.ts'
import type { TableName } from '../model/target-schema.ts'

/** PostgreSQL manual section 4.1.1: quoted, with quotes doubled; U+0000 cannot be in a name. */
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

/** A string constant, section 4.1.2.1; `E''` when it holds a backslash, so that no setting of the session can change its meaning. */
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
