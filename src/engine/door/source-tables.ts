/** The names of the sources' tables, for a process that only wants these: it starts no engine, whose modules take longer to load. */

/** Of files and folders, each name once; rows are not counted, pages not checked. Throws a MigrateError, or the signal's reason. */
export async function listSourceTables(
  sources: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { discover } = await import('../source/discover/discover.ts')
  const { databases } = await discover(sources, { checksPages: false, countsRows: false, signal })
  return [...new Set(databases.flatMap(({ tables }) => tables.map(({ name }) => name)))]
}
