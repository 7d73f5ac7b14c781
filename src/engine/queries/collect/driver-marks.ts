/**
 * Replaces the placeholders of drivers that format the text themselves: `%s` and `%(name)s` of Django and psycopg. Invariant: the text keeps
 * its lines.
 */

const mark = /%\((\w+)\)s|(?<=[\s(,=<>])%s(?=[\s),;]|$)/g

export function hasDriverMarks(text: string): boolean {
  return text.search(mark) >= 0
}

/** Returns the text with SQLite's placeholders. */
export function withoutDriverMarks(text: string): string {
  return text.replaceAll(mark, (_, name: string | undefined) => (name === undefined ? '?' : `:${name}`))
}

/** Returns the text with SQLite's placeholders as such a driver formats it: `%%` becomes `%`. */
export function asFormatted(text: string): string {
  return withoutDriverMarks(text).replaceAll('%%', '%')
}
