/** A name in SQLite's SQL, in double quotes. Unlike PostgreSQL's, it may be empty (https://www.sqlite.org/lang_keywords.html). */
export function quoteSqlite(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text constant in SQLite's SQL. */
export function quoteSqliteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** SQLite compares names of tables and columns without regard to the case of ASCII letters. */
export function isSameName(one: string, other: string): boolean {
  return foldName(one) === foldName(other)
}

export function foldName(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
