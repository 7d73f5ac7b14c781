/** The third step: what would be done, table by table, and the changes a person makes to it. Pure. */
import {
  type Amendment,
  type ColumnOrigin,
  type CopyPlan,
  describeOrigin,
  type Finding,
  type PlainError,
  type Plan,
  type PlanEdit,
  type PlanOptions,
  type Prepared,
  type RunRecord,
  type SampleRows,
  type TablePlan,
  type TargetProbe,
} from '../engine/door/index.ts'
import { editText, noText, type TextEdit, type TextValue, textValue } from '../ui/text-edit.ts'
import { matches } from './list-search.ts'

export const tableTabs = ['columns', 'sample', 'ddl', 'findings'] as const
export type TableTab = (typeof tableTabs)[number]

export type Loaded<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly error: PlainError }
  | { readonly kind: 'ready'; readonly value: T }

export type ColumnEditing = {
  readonly change: 'type' | 'target'
  readonly tableId: string
  /** Source column, as edits name it. */
  readonly column: string
  readonly value: TextValue
}

export type PreviewState = {
  readonly phase: 'none' | 'preparing' | 'ready' | 'failed'
  /** Of the newest preparation; answers to older ones are dropped. */
  readonly job: number
  readonly error: PlainError | null
  readonly prepared: Prepared | null
  /** Made for these databases and this target: others need another plan. */
  readonly preparedFor: string | null
  /** The unfinished run that this plan is of; null for a new one. */
  readonly resumed: RunRecord | null
  readonly edits: readonly PlanEdit[]
  readonly allowMissing: boolean
  /** What the plan on screen was made with, while another is being made or when that failed. */
  readonly planned: { readonly edits: readonly PlanEdit[]; readonly allowMissing: boolean }
  readonly replanning: boolean
  /** Why the last change was not taken. */
  readonly editError: PlainError | null
  readonly view: 'tables' | 'table' | 'findings' | 'confirm' | 'saving'
  /** 0 is the line that goes on; tables follow. */
  readonly cursor: number
  readonly filter: TextValue
  readonly filtering: boolean
  readonly tab: TableTab
  readonly rowCursor: number
  readonly findingCursor: number
  readonly editing: ColumnEditing | null
  readonly samples: Readonly<Record<string, Loaded<SampleRows>>>
  readonly ddl: Readonly<Record<string, Loaded<string>>>
  readonly saveTo: TextValue
  readonly saved: Loaded<string> | null
  /** Enter was pressed before the plan was there. */
  readonly confirmWhenReady: boolean
}

export function beginPreview(options: PlanOptions): PreviewState {
  return {
    phase: 'none',
    job: 0,
    error: null,
    prepared: null,
    preparedFor: null,
    resumed: null,
    edits: [],
    allowMissing: options.allowMissing,
    planned: { edits: [], allowMissing: options.allowMissing },
    replanning: false,
    editError: null,
    view: 'tables',
    cursor: 0,
    filter: noText,
    filtering: false,
    tab: 'columns',
    rowCursor: 0,
    findingCursor: 0,
    editing: null,
    samples: {},
    ddl: {},
    saveTo: textValue('gpt-migrate-plan.json'),
    saved: null,
    confirmWhenReady: false,
  }
}

/** Source and target of a table as one line each. */
export function targetNameOf(table: TablePlan, plan: Plan): string {
  const { fate } = table
  switch (fate.kind) {
    case 'copy':
      return `${fate.copy.target.schema}.${fate.copy.target.table}`
    case 'fold': {
      const parent = plan.tables.find(({ id }) => id === fate.into)
      const into = parent?.fate.kind === 'copy' ? parent.fate.copy.target.table : fate.into
      return `${into}.${fate.column}`
    }
    case 'exclude':
      return 'left out'
    default:
      return fate satisfies never
  }
}

export function sourceNameOf({ database, table }: Pick<TablePlan, 'database' | 'table'>): string {
  return `${database.replace(/\.(db|sqlite3?|db3)$/i, '')}.${table}`
}

export function shownTables({ prepared, filter }: PreviewState): readonly TablePlan[] {
  if (prepared === null) return []
  const { plan } = prepared
  if (filter.text === '') return plan.tables
  return plan.tables.filter((table) =>
    matches(`${sourceNameOf(table)} ${targetNameOf(table, plan)}`, filter.text),
  )
}

/** The table under the cursor; null on the line that goes on. */
export function openedTable(state: PreviewState): TablePlan | null {
  return shownTables(state)[state.cursor - 1] ?? null
}

const order = { error: 0, warning: 1, notice: 2 }

/** A finding or an amendment, as the lists show them. */
export type Listed = Omit<Finding, 'severity'> & { readonly severity: Finding['severity'] | 'amended' }

/** The worst first, the amendments to the mapping's own DDL last. */
export function listedFindings(plan: Plan): readonly Listed[] {
  return [
    ...plan.findings.toSorted((a, b) => order[a.severity] - order[b.severity]),
    ...plan.amendments.map(listedAmendment),
  ]
}

const listedAmendment = ({ code, table, message }: Amendment): Listed => ({
  severity: 'amended',
  code,
  message: `${table}: ${message}`,
})

/** Findings of a source table, and amendments to the target table that it goes to. */
export function listedOf(plan: Plan, table: TablePlan): readonly Listed[] {
  const target = targetNameOf(table, plan)
  return [
    ...findingsOf(plan, table.id),
    ...plan.amendments.filter((amendment) => amendment.table === target).map(listedAmendment),
  ]
}

export function findingsOf(plan: Plan, tableId: string): readonly Finding[] {
  return plan.findings
    .filter((finding) => finding.tableId === tableId)
    .toSorted((a, b) => order[a.severity] - order[b.severity])
}

export function countFindings(plan: Plan, severity: Finding['severity']): number {
  return plan.findings.filter((finding) => finding.severity === severity).length
}

/** Tables of the plan that the target has already: the run would be refused. */
export function takenTables(plan: Plan, probe: TargetProbe): readonly string[] {
  const there = new Set(probe.existing.map(({ schema, table }) => `${schema}.${table}`))
  return plan.schema.tables
    .filter((table) => !table.existing && there.has(`${table.schema}.${table.table}`))
    .map(({ schema, table }) => `${schema}.${table}`)
}

/** A change to the plan, replacing an earlier one of the same thing. */
export function withEdit(edits: readonly PlanEdit[], edit: PlanEdit): readonly PlanEdit[] {
  const others = edits.filter(
    (known) =>
      known.tableId !== edit.tableId ||
      known.column !== edit.column ||
      known.change.kind !== edit.change.kind,
  )
  return [...others, edit]
}

export function isExcludedByHand({ edits }: PreviewState, tableId: string): boolean {
  return edits.some(
    ({ tableId: id, column, change }) => id === tableId && column === null && change.kind === 'exclude',
  )
}

/** Excludes the table, or takes that back. */
export function toggleExcluded(state: PreviewState, tableId: string): readonly PlanEdit[] {
  if (isExcludedByHand(state, tableId)) {
    return state.edits.filter(
      ({ tableId: id, column, change }) => id !== tableId || column !== null || change.kind !== 'exclude',
    )
  }
  const change = { kind: 'exclude', reason: 'left out in the preview' } as const
  return withEdit(state.edits, { tableId, column: null, change })
}

export type ShownColumn = {
  readonly target: string | null
  readonly type: string
  readonly nullable: boolean
  readonly added: boolean
  /** Source columns. */
  readonly source: readonly string[]
  readonly origin: string
  /** The source column by which edits name it; null for what is put together. */
  readonly editable: string | null
  readonly edited: boolean
}

/** The columns of a copied table as the screen lists them: those of the target, then those that are kept apart or dropped. */
export function shownColumns(
  plan: Plan,
  table: TablePlan,
  edits: readonly PlanEdit[],
): readonly ShownColumn[] {
  if (table.fate.kind !== 'copy') return []
  const { copy } = table.fate
  const target = plan.schema.tables.find(
    (known) => known.schema === copy.target.schema && known.table === copy.target.table,
  )
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
      origin: describeOrigin(from),
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
      origin: fate === 'archive' ? 'kept in the archive' : 'dropped',
      editable: column,
      edited: isEdited([column]),
    }),
  )
  return [...columns, ...unmapped]
}

function sourceOf(from: ColumnOrigin, { pivot, folds }: CopyPlan): readonly string[] {
  switch (from.kind) {
    case 'column':
      return [from.column]
    case 'gather':
      return from.columns
    case 'pivot':
      return pivot === null ? [] : [pivot.name, pivot.value]
    case 'fold':
      return [folds[from.fold]?.table ?? '']
    case 'rowid':
    case 'row-number':
    case 'expression':
    case 'constant':
    case 'nothing':
      return []
    default:
      return from satisfies never
  }
}

/** The column under the cursor of an opened table. */
export function shownColumnAt(state: PreviewState, table: TablePlan): ShownColumn | null {
  if (state.prepared === null || state.tab !== 'columns') return null
  return shownColumns(state.prepared.plan, table, state.edits)[state.rowCursor] ?? null
}

export function editFilter(state: PreviewState, edit: TextEdit): PreviewState {
  const filter = editText(state.filter, edit)
  return { ...state, filter, cursor: filter.text === '' ? 0 : 1 }
}
