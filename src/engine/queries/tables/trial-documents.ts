/**
 * Generates documents on which the dialects' JSON functions differ: with another value, null or nothing at the paths that a statement reads.
 * Pure. Invariant: where the existing documents have values of one type at a path, the generated ones have that type there, too.
 */
import type { SourceValue } from '../../rows/meaning/source-value.ts'

type Steps = readonly (string | number)[]

const valuesOfType: Readonly<Record<string, readonly unknown[]>> = {
  string: ['x', 'X y', ''],
  number: [5, -1, 0],
  boolean: [true, false],
  array: [[], ['x', 1]],
  object: [{}, { x: 1 }],
}

/** `paths`: such as `$.a[0]`. `known`: values of the column. Returns [] when the statement reads no path, or the column holds no JSON. */
export function trialDocuments(paths: readonly string[], known: readonly SourceValue[]): string[] {
  const places = paths.map(stepsIn).filter((steps) => steps.length > 0)
  const documents = known.flatMap(parsed)
  if (places.length === 0 || documents.length === 0) return []
  const most = Math.max(...places.map((steps) => valuesAt(steps, documents).length))
  const made = Array.from({ length: most }, (_, turn) =>
    places.reduce<unknown>((document, steps) => {
      const values = valuesAt(steps, documents)
      return withValue(document, steps, values[turn % values.length])
    }, undefined),
  )
  return ['{}', ...made.map((document) => JSON.stringify(document))]
}

function parsed(value: SourceValue): unknown[] {
  if (typeof value !== 'string') return []
  try {
    const document: unknown = JSON.parse(value)
    return typeof document === 'object' && document !== null ? [document] : []
  } catch {
    // Texts that are not JSON are ignored.
    return []
  }
}

/** Returns null and values of the type that the documents have at the path; texts when they have no type there, or several. */
function valuesAt(steps: Steps, documents: readonly unknown[]): readonly unknown[] {
  const types = new Set(documents.flatMap((document) => typeAt(document, steps) ?? []))
  const [type = 'string'] = types.size === 1 ? types : []
  if (type === 'array') return [...arraysLike(steps, documents), null]
  return [...(valuesOfType[type] ?? []), null]
}

/** Returns arrays whose members have the same type as those of the existing documents, if that is one type. */
function arraysLike(steps: Steps, documents: readonly unknown[]): readonly unknown[] {
  const members = documents
    .map((document) => foundAt(document, steps))
    .filter(Array.isArray)
    .flat()
  const types = new Set(members.flatMap((member) => typeAt(member, []) ?? []))
  const [type] = types.size === 1 ? types : []
  return [[], type === undefined ? ['x', 1] : (valuesOfType[type] ?? [])]
}

function foundAt(document: unknown, steps: Steps): unknown {
  return steps.reduce<unknown>(
    (at, step) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[step] : undefined),
    document,
  )
}

function typeAt(document: unknown, steps: Steps): string | null {
  const found = foundAt(document, steps)
  if (found === undefined || found === null) return null
  return Array.isArray(found) ? 'array' : typeof found
}

function stepsIn(path: string): Steps {
  return [...path.matchAll(/\.([^."[\]]+)|\."([^"]+)"|\[(\d+)\]/g)].map(
    ([, label, quoted, place]) => label ?? quoted ?? Number(place),
  )
}

function withValue(document: unknown, [step, ...rest]: Steps, value: unknown): unknown {
  if (step === undefined) return value
  if (typeof step === 'number') {
    const items: unknown[] = Array.isArray(document) ? [...document] : []
    while (items.length <= step) items.push(null)
    items[step] = withValue(items[step], rest, value)
    return items
  }
  const members =
    typeof document === 'object' && document !== null && !Array.isArray(document) ? document : {}
  return { ...members, [step]: withValue((members as Record<string, unknown>)[step], rest, value) }
}
