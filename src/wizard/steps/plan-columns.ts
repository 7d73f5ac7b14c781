/** The columns of a table as the screen lists them. Pure. */
import {
  type ColumnOrigin,
  type CopyPlan,
  describeOrigin,
  findTargetTable,
  type Plan,
  type PlanEdit,
  sourceColumnsOf,
  type TablePlan,
} from '../../engine/door/index.ts'

export type ShownColumn = {
  readonly target: string | null
  readonly type: string
  readonly nullable: boolean
  readonly added: boolean
  /** The source columns. */
  readonly source: readonly string[]
  readonly origin: string
  /** The comment of the column in the target. */
  readonly comment: string | null
  /** Whether the column may be renamed: not in a planned schema, nor in an existing table. */
  readonly renamable: boolean
  /** The source column by which edits name it; null for a column made from several. */
  readonly editable: string | null
  readonly edited: boolean
}

/** The columns of a copied table as the screen lists them: those of the target, then those that are archived or dropped. */
export function shownColumns(
  plan: Plan,
  table: TablePlan,
  edits: readonly PlanEdit[],
): readonly ShownColumn[] {
  if (table.fate.kind !== 'copy') return []
  const { copy } = table.fate
  const target = findTargetTable(plan, copy.target)
  const isEdited = (columns: readonly string[]): boolean =>
    edits.some(({ tableId, column }) => tableId === table.id && column !== null && columns.includes(column))
  const columns = copy.columns.map(({ target: name, from }): ShownColumn => {
    const column = target?.columns.find((known) => known.name === name)
    const source = sourceOf(from, copy)
    return {
      target: name,
      type: column?.type ?? '',
      nullable: column?.nullable ?? true,
      added: column?.origin === 'added',
      source,
      renamable: target?.existing === false && (plan.mapping === 'auto' || column?.origin === 'added'),
      origin: describeOrigin(from),
      comment: column?.comment ?? null,
      editable: from.kind === 'column' ? from.column : null,
      edited: isEdited(source),
    }
  })
  const unmapped = copy.unmapped.map(
    ({ column, fate }): ShownColumn => ({
      target: null,
      type: '',
      nullable: true,
      added: false,
      source: [column],
      renamable: false,
      comment: null,
      origin: fate === 'archive' ? 'kept in the archive' : 'dropped',
      editable: column,
      edited: isEdited([column]),
    }),
  )
  return [...columns, ...unmapped]
}

const sourceOf = (from: ColumnOrigin, copy: CopyPlan): readonly string[] =>
  from.kind === 'fold' ? [copy.folds[from.fold]?.table ?? ''] : sourceColumnsOf(from, copy)
