/** The names of the sources' tables, for a process that needs nothing else: it starts no engine, which would take longer to load. */

/**
 * Returns each table name in the files and folders once; counts no rows, checks no pages. Throws a MigrateError, or the signal's reason.
 */
export async function listSourceTables(
  sources: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { discover } = await import('../source/discover/discover.ts')
  const { databases } = await discover(sources, { checksPages: false, countsRows: false, signal })
  return [...new Set(databases.flatMap(({ tables }) => tables.map(({ name }) => name)))]
}
