/** The schema that a connection's `options` put first, as an application does that keeps its tables in one (manual section 5.9.3). */
import { optionSettings } from './startup-options.ts'

/** From `-c search_path=app,public`, `-csearch_path=app` or `--search_path=app`; undefined when there is none, or it names the user's own. */
export function searchPathOf(options: string | undefined): string | undefined {
  const found = optionSettings(options).get('search_path')
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
