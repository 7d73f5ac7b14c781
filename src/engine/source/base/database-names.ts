/** The names of a run's databases and of their snapshots. Invariant: names are unique. */

/**
 * Names each path after its file, with as many parent folders as make the name unique; `paths` are absolute and distinct. Folders are
 * joined by `/` on every system.
 */
export function nameDatabases(paths: readonly string[]): Map<string, string> {
  const parts = new Map(paths.map((path) => [path, path.split(/[\\/]/).filter((part) => part !== '')]))
  const counts = new Map<string, number>()
  for (const path of parts.values()) {
    for (let length = 1; length <= path.length; length++) {
      const name = path.slice(-length).join('/')
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
  }
  const names = new Map<string, string>()
  for (const [path, own] of parts) {
    let length = 1
    while (length < own.length && counts.get(own.slice(-length).join('/'))! > 1) length++
    names.set(path, own.slice(-length).join('/'))
  }
  return names
}

/** The file name for the database: a dump of SQL is a database now. */
export function databaseName(database: string): string {
  return /\.sql(?:\.gz)?$/i.test(database) ? `${database}.db` : database
}

/** Chooses file names that every file system accepts and that differ even without case. */
export function chooseFileNames(databases: readonly string[]): string[] {
  const taken = new Set<string>()
  return databases.map((database) => {
    const plain =
      databaseName(database)
        .replace(/[^A-Za-z0-9._-]+/g, '_')
        .replace(/^[.-]+/, '_')
        .slice(-100) || '_'
    // Windows device names, with any extension.
    const safe = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(plain) ? `_${plain}` : plain
    let name = safe
    for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${number}-${safe}`
    taken.add(name.toLowerCase())
    return name
  })
}
