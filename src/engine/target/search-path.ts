/** The schema that a connection's `options` put first, as an application does that keeps its tables in one (manual section 5.9.3). */

/** From `-c search_path=app,public`, `-csearch_path=app` or `--search_path=app`; undefined when there is none, or it names the user's own. */
export function searchPathOf(options: string | undefined): string | undefined {
  if (options === undefined) return undefined
  // A backslash keeps a space in its word.
  const words = [...options.matchAll(/(?:\\.|[^\s\\])+/gs)].map(([word]) => word.replace(/\\(.)/gs, '$1'))
  let found: string | undefined
  for (const [index, word] of words.entries()) {
    const setting =
      word === '-c'
        ? words[index + 1]
        : /^(?:-c|--)(?=\w)/.test(word)
          ? word.replace(/^(?:-c|--)/, '')
          : undefined
    const value = setting === undefined ? null : /^search[_-]path=(.*)$/is.exec(setting)
    if (value !== null) found = value[1]
  }
  if (found === undefined) return undefined
  const schema = splitPath(found)[0] ?? ''
  return schema === '' || schema === '$user' ? undefined : schema
}

/** The names in a search_path, as the server reads them: without quotes a name is in lower case. */
export function splitPath(path: string): readonly string[] {
  return [...path.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map(([, quoted, bare = '']) =>
    quoted === undefined ? bare.trim().toLowerCase() : quoted.replaceAll('""', '"'),
  )
}
