/**
 * Documents that tell the dialects' JSON functions apart: with another value, with null and with nothing at the places that a statement
 * reads. Pure. Invariant: where the documents of today have values of one type at a place, the made ones have that type there, too.
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

/** `paths`: such as `$.a[0]`; `known`: values of the column. [] where the statement reads no place, or the column holds no JSON. */
export function tellingDocuments(paths: readonly string[], known: readonly SourceValue[]): string[] {
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
    // A text that is no JSON says nothing of what the others hold.
    return []
  }
}

/** Null, and such as the documents have there; texts where they have none or several. */
function valuesAt(steps: Steps, documents: readonly unknown[]): readonly unknown[] {
  const types = new Set(documents.flatMap((document) => typeAt(document, steps) ?? []))
  const [type = 'string'] = types.size === 1 ? types : []
  if (type === 'array') return [...arraysLike(steps, documents), null]
  return [...(valuesOfType[type] ?? []), null]
}

/** Arrays whose members are of the one type that those of today have. */
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
