import type { RejectCode } from './conversion.ts'

/** What is wrong with a refused value, after the column's name: in quarantine, reports and documentation. */
export const rejectSentences: Readonly<Record<RejectCode, string>> = {
  'not-an-integer': 'the value is not a whole number',
  'integer-out-of-range': 'the whole number does not fit the target type',
  'not-a-number': 'the value is not a number',
  'not-finite': 'infinity does not fit the target type',
  'numeric-overflow': 'the number has more digits before the point than the target type',
  'text-too-long': 'the text is longer than the target type allows',
  'nul-in-text': 'the text holds the character U+0000, which PostgreSQL text cannot hold',
  'invalid-utf8': 'the text is not valid UTF-8',
  'not-a-boolean': 'the value is neither true nor false',
  'not-a-time': 'the value is not a date or time in a recognised form',
  'time-out-of-range': 'the time lies outside the years 1 to 9999',
  'time-in-gap': 'the local time does not exist: clocks were put forward over it',
  'not-a-uuid': 'the value is not a UUID',
  'json-not-representable': 'the value cannot be held by jsonb',
  'unexpected-blob': 'the value is a BLOB where the target type is not bytes',
  'unexpected-number': 'the value is a number where the target type takes none',
  'not-in-enumeration': 'the value is not one of those that the target allows',
  'null-in-not-null': 'the value is null and the target column is not null',
  'value-too-large': 'the value is larger than PostgreSQL can hold (1 GB)',
  'row-too-large': 'the row is larger than PostgreSQL can hold',
  orphan: 'the value names no row of the parent table',
  'no-parent': 'no parent row exists for this child row',
  'parent-refused': 'the parent row was refused',
  'refused-by-server': 'the server refused the row',
}
