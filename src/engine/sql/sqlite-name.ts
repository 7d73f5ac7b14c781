/** A name in SQLite's SQL. Unlike PostgreSQL's, it may be empty. */
export function quoteSqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** SQLite compares names of tables and columns without regard to the case of ASCII letters. */
export function isSameName(one: string, other: string): boolean {
  return foldName(one) === foldName(other)
}

export function foldName(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
