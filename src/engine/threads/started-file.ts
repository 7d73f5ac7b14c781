/**
 * Files that are started as threads or processes of their own. Invariant: they run as their starter does, in TypeScript or as it was
 * built.
 */

/** Returns the URL of the file by this name, without extension, beside `here`: `import.meta.url` of the module that starts it. */
export function startedFile(name: string, here: string): URL {
  return new URL(`./${name}.${here.endsWith('.ts') ? 'ts' : 'js'}`, here)
}
