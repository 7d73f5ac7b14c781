/** Names in the target that the keys, indexes and sequences of planned tables avoid. Pure. */
import type { TargetProbe } from '../../model/target-probe.ts'

/** Returns the names of relations in the schema that have nothing to do with the planned tables. */
export function namesOfOthers(
  probe: TargetProbe | null,
  schema: string,
  planned: readonly string[],
): readonly string[] {
  const { existing = [], otherNames = [] } = probe ?? {}
  const own = new Set(planned)
  return [
    ...existing.filter((one) => one.schema === schema).map(({ table }) => table),
    ...otherNames
      .filter((one) => one.schema === schema && one.kind !== 'type' && (one.of === null || !own.has(one.of)))
      .map(({ name }) => name),
  ]
}
