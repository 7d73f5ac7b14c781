/** The source files with their imports, and the floors of the rooms: for the test of the walls and for the drawn plan. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../src', import.meta.url))

export type SourceFile = {
  /** The path below `src/`, with slashes. */
  readonly path: string
  /** Packages, `node:` modules, and files below `src/`. */
  readonly imports: readonly string[]
  /** The code without comments. */
  readonly code: string
}

/** Import and export lines, also with braces over several lines, and import calls; not SQL in strings. */
const importForms = [
  /^(?:import|export)\s+(?:type\s+)?(?:\*(?:\s+as\s+[\w$]+)?|(?:[\w$]+\s*,\s*)?\{[^}]*\}|[\w$]+)\s+from\s*'([^']+)'/gm,
  /^import\s*'([^']+)'/gm,
  /\b(?:import|require)\(\s*'([^']+)'/g,
]

/** AssemblyScript, which looks like TypeScript; its compiler knows only its own modules. */
const isCompiledApart = (name: string): boolean => name.split(sep).includes('assembly')

export const files: readonly SourceFile[] = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !isCompiledApart(name))
  .map((name) => {
    const path = name.split(sep).join('/')
    const code = withoutComments(readFileSync(join(root, name), 'utf8'))
    return { path, imports: importsOf(code, path), code }
  })

function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/(^|\s)\/\/.*$/gm, '')
}

function importsOf(code: string, path: string): string[] {
  const names = importForms.flatMap((form) => [...code.matchAll(form)].map(([, name]) => name!))
  return names.map((name) => (name.startsWith('.') ? posix.join(dirname(path), name) : name))
}

export const within = (...places: readonly string[]): SourceFile[] =>
  files.filter(({ path }) =>
    places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place)),
  )

/** The engine's floors, from the ground up; rooms on one floor do not import each other. docs/architecture.md describes each. */
export const engineRooms: readonly (readonly string[])[] = [
  ['model'],
  ['events'],
  ['own-files', 'syntax', 'threads'],
  ['encode'],
  ['source', 'target'],
  ['page-encoder', 'page-sums', 'demo'],
  ['sql', 'journal'],
  ['plan', 'report'],
  ['plan-files'],
  ['rows'],
  ['copy', 'verify', 'export', 'follow', 'fallback', 'queries'],
  ['workers'],
  ['run'],
  ['door'],
]

/** The rooms within large rooms, from the ground up: each imports only from those before it. */
export const innerRooms: Readonly<Record<string, readonly string[]>> = {
  'engine/encode': ['cell', 'text', 'numbers', 'times', 'json', 'conversions', 'rows'],
  'engine/source': [
    'base',
    'files',
    'catalog',
    'dump',
    'pages',
    'leaves',
    'tree-check',
    'staging',
    'readers',
    'census',
    'snapshot',
    'discover',
  ],
  'engine/target': ['server', 'address', 'connection', 'copy', 'guards', 'extensions', 'tables', 'probe'],
  'engine/run': [
    'prepare',
    'connect',
    'rollback',
    'load',
    'following',
    'finish',
    'cut-over',
    'past-runs',
    'migrate',
    'queries',
    'demo',
  ],
  'engine/sql': ['tree', 'parse', 'values', 'times', 'compare', 'print', 'select'],
  'engine/plan': [
    'evidence',
    'base',
    'typing',
    'automatic',
    'distribution',
    'forecast',
    'mapped',
    'ddl',
    'merged',
    'search',
    'views',
    'checks',
    'build',
    'data-only',
  ],
  'engine/queries': [
    'statement',
    'collect',
    'tables',
    'differences',
    'sides',
    'trial',
    'compare',
    'try',
    'judge',
  ],
  wizard: ['steps', 'state', 'acts', 'keys', 'next', 'perform'],
}

/** The room that a source file is in: `engine/plan`, `cli`, or the file itself at the top. */
function roomOf(path: string): string {
  const parts = path.split('/')
  return parts[0] === 'engine' ? parts.slice(0, 2).join('/') : parts[0]!
}

/**
 * The rooms and their imports, as a Mermaid graph. An arrow that follows from others is omitted: if a imports b and b imports c, a may
 * import c as well.
 */
export function drawRooms(): string {
  const imports = new Map<string, Set<string>>()
  for (const file of files) {
    const room = roomOf(file.path)
    const others = imports.get(room) ?? new Set()
    imports.set(room, others)
    for (const name of file.imports) {
      if (/\.tsx?$/.test(name) && roomOf(name) !== room) others.add(roomOf(name))
    }
  }
  const reaches = (from: string, to: string): boolean =>
    [...(imports.get(from) ?? [])].some((next) => next === to || reaches(next, to))
  const arrows = [...imports].flatMap(([room, others]) =>
    [...others]
      .filter((other) => ![...others].some((way) => way !== other && reaches(way, other)))
      .map((other) => `  ${idOf(room)} --> ${idOf(other)}`),
  )
  const rooms = [...imports.keys()].toSorted()
  return [
    '```mermaid',
    'flowchart TD',
    ...rooms.map((room) => `  ${idOf(room)}["${room}"]`),
    ...arrows.toSorted(),
    '```',
  ].join('\n')
}

function idOf(room: string): string {
  return room.replaceAll(/[^a-z]/g, '_')
}
