/** The names of databases in a run: the file's name, with as many parent folders as make it unique. */

/** The name of each path; `paths` are absolute and distinct. Folders are joined by `/` on every system. */
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
