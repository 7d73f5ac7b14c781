/**
 * The first schema in the search_path of a connection's `options`, for an application that keeps its tables in one schema (manual section
 * 5.9.3).
 */
import { optionSettings } from './startup-options.ts'

/** From `-c search_path=app,public`, `-csearch_path=app` or `--search_path=app`; undefined when there is none, or when it is `$user`. */
export function searchPathOf(options: string | undefined): string | undefined {
  const found = optionSettings(options).get('search_path')
  if (found === undefined) return undefined
  const schema = splitPath(found)[0] ?? ''
  return schema === '' || schema === '$user' ? undefined : schema
}

/** The names in a search_path, as the server reads them: unquoted names are folded to lower case. */
export function splitPath(path: string): readonly string[] {
  return [...path.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map(([, quoted, bare = '']) =>
    quoted === undefined ? bare.trim().toLowerCase() : quoted.replaceAll('""', '"'),
  )
}
