/**
 * Files that are started as threads or processes. Invariant: they run in the form of their starter, as TypeScript or as built JavaScript.
 */

/** Returns the URL of the file with this name, without extension, beside `here`, the `import.meta.url` of the starting module. */
export function startedFile(name: string, here: string): URL {
  return new URL(`./${name}.${here.endsWith('.ts') ? 'ts' : 'js'}`, here)
}
