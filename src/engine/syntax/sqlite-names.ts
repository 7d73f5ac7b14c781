/** Returns a double-quoted name for SQLite. Unlike in PostgreSQL, it may be empty (https://www.sqlite.org/lang_keywords.html). */
export function quoteSqlite(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function quoteSqliteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Compares names as SQLite does for tables and columns: ignoring the case of ASCII letters. */
export function isSameName(one: string, other: string): boolean {
  return foldName(one) === foldName(other)
}

export function foldName(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
