/**
 * A target column that references a row of another table. Invariant: the source's value is kept whenever the UUID does not preserve it, so
 * that an orphan loses its reference and never its value.
 */
import type { Conversion } from '../../model/conversion.ts'
import { formatCounted } from '../../model/format-count.ts'
import type { TargetColumn } from '../../model/target-schema.ts'
import { columnCensus, find, type MappedTable, valuesIn, valuesOf, wordsFor } from '../base/planning.ts'
import { arePlainUuids } from '../evidence/questions.ts'
import { followReference, parentOf } from './references.ts'

type KeepOriginal = (source: MappedTable, target: string, column: string) => string

export function mapReference(
  tables: readonly MappedTable[],
  source: MappedTable,
  target: TargetColumn,
  column: string,
  keepOriginal: KeepOriginal,
): void {
  const { options } = source.planning
  const words = wordsFor(source, target.name).references!
  const parent = parentOf(tables, source, target.name)
  const followed = followReference(source, column, parent)
  const values = columnCensus(source.census, column)
  const isPlain = arePlainUuids(valuesOf(source, column), values)
  const conversion: Conversion = {
    kind: 'uuid-of-id',
    database: words.database,
    table: words.table,
    form: isPlain && values.texts > 0 && followed.lookup === null ? 'lower' : 'none',
  }
  if (followed.lookup === null) source.origins.set(target.name, { kind: 'column', column, conversion })
  else {
    source.expressions.push(followed.lookup)
    source.origins.set(target.name, {
      kind: 'expression',
      expression: source.expressions.length - 1,
      conversion,
    })
  }
  const needsOriginal =
    valuesIn(values) > 0 && (!isPlain || followed.lookup !== null || followed.orphans.rows > 0)
  const rejects = options.orphans === 'quarantine'
  const originalIn = needsOriginal ? keepOriginal(source, target.name, column) : null
  const isFollowed = parent !== null && followed.parentColumn !== null
  source.references.push({
    columns: [column],
    parent: isFollowed
      ? {
          tableId: parent.tableId,
          database: parent.database,
          table: parent.table.name,
          columns: [followed.parentColumn!],
        }
      : null,
    onOrphan: rejects ? 'reject-row' : 'null-reference',
    target: target.name,
    originalIn,
  })
  if (followed.orphans.rows === 0) return
  if (!rejects) source.orphaned.add(target.name)
  const { rows, samples } = followed.orphans
  const fate = {
    keep: `the rows are kept, the reference is null, and its value is in ${originalIn ?? `source_${target.name}`}`,
    quarantine: 'those rows go to quarantine',
    fail: 'the plan fails, as you asked',
  }[options.orphans]
  const where =
    parent === null ? `${words.table} of ${words.database}, which is not part of this run` : parent.table.name
  find(source, column, {
    severity: options.orphans === 'fail' ? 'error' : 'warning',
    code: 'orphans',
    message: `${source.table.name}.${column} refers to ${formatCounted(rows, 'row')} that ${rows === 1 ? 'does' : 'do'} not exist in ${where}; ${fate}.`,
    ...(options.orphans === 'fail' ? { hint: 'Use --orphans keep, which loses nothing.' } : {}),
    count: rows,
    samples,
  })
}
