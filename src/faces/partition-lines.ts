/** The answer of `partitions` as plain text. */
import type { Answer } from '../engine/door/index.ts'
import { formatCount, printable } from '../ui/format.ts'

type ExtendedPartitions = Answer<'extendPartitions'>

export function partitionLines({ tables }: ExtendedPartitions): string[] {
  return tables.flatMap(({ table, made, missing, lastMonth, keeper }) => {
    const until = lastMonth === null ? 'no month has a partition' : `covered until the end of ${lastMonth}`
    const name = printable(`${table.schema}.${table.table}`)
    const kept = keeper === 'pg_partman' ? '; pg_partman makes the next ones' : ''
    return [
      `${name}: ${until}${kept}.`,
      ...made.map(({ name: partition, rows }) => `  made ${printable(partition)}${moved(rows)}`),
      ...missing.map(({ month, rows }) => `  would make the partition of ${month}${moved(rows)}`),
      ...(made.length + missing.length === 0 ? ['  nothing is missing'] : []),
    ]
  })
}

function moved(rows: number): string {
  return rows === 0 ? '' : `: ${formatCount(rows)} rows out of the default partition`
}
