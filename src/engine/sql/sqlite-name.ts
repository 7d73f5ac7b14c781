/** A name in SQLite's SQL. Unlike PostgreSQL's, it may be empty. */
export function quoteSqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
