import { createHash } from 'node:crypto'
import type { Plan } from '../../model/plan.ts'

/**
 * Returns the hash by which a run recognizes its own plan. Invariant: it depends only on what is copied and created (version, options,
 * tables, schema), and not on the order of an object's keys.
 */
export function planHash(plan: Plan): string {
  const { version, options, tables, schema } = plan
  return createHash('sha256').update(canonicalJson({ version, options, tables, schema })).digest('hex')
}

/** Returns JSON with the keys of every object in code unit order, without undefined members. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part
    const entries = Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))
    // A null prototype, so that a key named __proto__ is a key like any other.
    const sorted: Record<string, unknown> = Object.create(null)
    for (const [key, member] of entries) sorted[key] = member
    return sorted
  })
}
