import { quoteLiteral } from '../../syntax/postgres-names.ts'
import type { Expression } from '../tree/expression.ts'
import { Untranslatable } from '../tree/scope.ts'

/** Converts SQLite's JSON paths (https://www.sqlite.org/json1.html#path_arguments) to PostgreSQL's. */

export function pathOfPlace(place: Expression): string {
  if (place.kind === 'integer') return place.text.startsWith('-') ? `$[#${place.text}]` : `$[${place.text}]`
  const path = constantPath(place)
  if (path.startsWith('$')) return path
  return /^\w+$/.test(path) ? `$.${path}` : `$."${path}"`
}

export function constantPath(path: Expression): string {
  if (path.kind === 'string') return path.text
  if (path.kind === 'name' && path.double) return path.name
  throw new Untranslatable('a JSON path that is not a constant')
}

/** Returns the labels and array indexes of a path; negative indexes count from the end. Throws Untranslatable. */
export function stepsOf(path: string): readonly string[] {
  if (!path.startsWith('$')) throw new Untranslatable(`the JSON path ${path}`)
  const steps: string[] = []
  let end = 1
  for (const match of path.slice(1).matchAll(/\.([^."[\]]+)|\."([^"\\]+)"|\[(\d+)\]|\[#-(\d+)\]/g)) {
    if (match.index !== end - 1) break
    const [whole, label, quoted, place, last] = match
    steps.push(label ?? quoted ?? place ?? `-${last}`)
    end += whole.length
  }
  if (end !== path.length) throw new Untranslatable(`the JSON path ${path}`)
  return steps
}

export function inside(json: string, steps: readonly string[], operator: '#>' | '#>>' = '#>'): string {
  if (steps.length === 0) return operator === '#>' ? json : `${json} #>> '{}'`
  const list = steps.map((step) => (/^[\w-]+$/.test(step) ? step : `"${step}"`)).join(',')
  return `${json} ${operator} ${quoteLiteral(`{${list}}`)}`
}
