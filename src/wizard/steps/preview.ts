/** The third step: the plan, table by table, and the person's edits to it. Pure. */
import {
  noProgress,
  type PlainError,
  type PlanEdit,
  type PlanOptions,
  type Prepared,
  type Progress,
  type RunRecord,
  type SampleRow,
  type SampleRows,
  type TablePlan,
} from '../../engine/door/index.ts'
import { editText, noText, type TextEdit, type TextValue, textValue } from '../../ui/text-edit.ts'
import { filterByName } from './list-search.ts'
import { type ShownColumn, shownColumns } from './plan-columns.ts'
import { sourceNameOf, targetNameOf } from './plan-names.ts'

export const tableTabs = ['columns', 'sample', 'ddl', 'findings'] as const
export type TableTab = (typeof tableTabs)[number]

export type Loaded<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly error: PlainError }
  | { readonly kind: 'ready'; readonly value: T }

export type ColumnEditing = {
  readonly change: 'type' | 'target'
  readonly tableId: string
  /** The source column, by which edits name it. */
  readonly column: string
  readonly value: TextValue
}

/** What a plan is made from, apart from the databases and the target. */
export type PlanChanges = { readonly edits: readonly PlanEdit[]; readonly options: PlanOptions }

export type PreviewState = PlanChanges & {
  readonly phase: 'none' | 'preparing' | 'ready' | 'failed'
  /** The number of the latest preparation; answers to older ones are dropped. */
  readonly job: number
  /** The progress of the preparation. */
  readonly progress: Progress
  readonly error: PlainError | null
  readonly prepared: Prepared | null
  /** The `wishKey` that the plan was made for: other databases or another target need another plan. */
  readonly preparedFor: string | null
  /** The unfinished run whose plan this is; null for a new run. */
  readonly resumed: RunRecord | null
  /** What the plan on screen was made from, and by which job, while another is being made or after that failed. */
  readonly planned: PlanChanges & { readonly job: number }
  readonly replanning: boolean
  /** Why the last edit was refused; cleared by the next key, unless it is typed into the same text. */
  readonly editError: PlainError | null
  /** The edit that is being planned: its text is restored when it is refused. */
  readonly asked: ColumnEditing | null
  readonly view: 'tables' | 'table' | 'findings' | 'confirm' | 'saving'
  /** The list that a table was opened from. */
  readonly openedFrom: 'tables' | 'findings'
  /** 0 is the line that continues; the tables follow. */
  readonly cursor: number
  /** The tables marked to be left out together. */
  readonly marked: readonly string[]
  readonly filter: TextValue
  readonly filtering: boolean
  readonly tab: TableTab
  /** The cursor line of each tab of each opened table, by `cursorKey`. */
  readonly rowCursors: Readonly<Record<string, number>>
  /** The current sample row of each table. */
  readonly sampleRow: Readonly<Record<string, number>>
  readonly findingCursor: number
  /** Finding codes that are listed completely. */
  readonly openKinds: readonly string[]
  readonly editing: ColumnEditing | null
  readonly samples: Readonly<Record<string, Loaded<SampleRows>>>
  readonly ddl: Readonly<Record<string, Loaded<string>>>
  readonly saveTo: TextValue
  readonly saved: Loaded<string> | null
  /** The changes in the saved file: quitting with any others asks first. */
  readonly savedChanges: PlanChanges | null
  /** Enter was pressed before the plan was ready. */
  readonly confirmWhenReady: boolean
}

export function beginPreview(options: PlanOptions): PreviewState {
  const changes: PlanChanges = { edits: [], options }
  return {
    ...changes,
    phase: 'none',
    job: 0,
    progress: noProgress,
    error: null,
    prepared: null,
    preparedFor: null,
    resumed: null,
    planned: { ...changes, job: 0 },
    replanning: false,
    editError: null,
    asked: null,
    view: 'tables',
    openedFrom: 'tables',
    cursor: 0,
    marked: [],
    filter: noText,
    filtering: false,
    tab: 'columns',
    rowCursors: {},
    sampleRow: {},
    findingCursor: 0,
    openKinds: [],
    editing: null,
    samples: {},
    ddl: {},
    saveTo: textValue('gpt-migrate-plan.yaml'),
    saved: null,
    savedChanges: null,
    confirmWhenReady: false,
  }
}

export function shownTables({ prepared, filter }: PreviewState): readonly TablePlan[] {
  if (prepared === null) return []
  const { plan } = prepared
  if (filter.text === '') return plan.tables
  return filterByName(plan.tables, filter.text, (table) => {
    const target = targetNameOf(table, plan)
    const own = table.fate.kind === 'copy' ? table.fate.copy.target.table : target
    return { own: `${table.table} ${own}`, whole: `${sourceNameOf(table)} ${target}` }
  })
}

/** The table under the cursor; null on the line that continues. */
export function openedTable(state: PreviewState): TablePlan | null {
  return shownTables(state)[state.cursor - 1] ?? null
}

/** Moves the cursor to the table that it was on before the change; to the first line when that table is gone. */
export function keepingTable(before: PreviewState, after: PreviewState): PreviewState {
  const marked = openedTable(before)?.id
  const at = shownTables(after).findIndex(({ id }) => id === marked)
  return { ...after, cursor: at + 1 }
}

const cursorKey = ({ tab }: PreviewState, { id }: TablePlan): string => `${tab} ${id}`

/** The cursor line of the open tab. */
export function rowCursorOf(state: PreviewState, table: TablePlan): number {
  return state.rowCursors[cursorKey(state, table)] ?? 0
}

export function withRowCursor(state: PreviewState, table: TablePlan, cursor: number): PreviewState {
  return { ...state, rowCursors: { ...state.rowCursors, [cursorKey(state, table)]: cursor } }
}

/** The current sample row; null until there is one. */
export function sampleRowOf({ samples, sampleRow }: PreviewState, { id }: TablePlan): SampleRow | null {
  const sample = samples[id]
  return sample?.kind === 'ready' ? (sample.value.rows[sampleRow[id] ?? 0] ?? null) : null
}

/** The column under the cursor in the open table. */
export function shownColumnAt(state: PreviewState, table: TablePlan): ShownColumn | null {
  if (state.prepared === null || state.tab !== 'columns') return null
  return shownColumns(state.prepared.plan, table, state.edits)[rowCursorOf(state, table)] ?? null
}

export function editFilter(state: PreviewState, edit: TextEdit): PreviewState {
  const filter = editText(state.filter, edit)
  return { ...state, filter, cursor: filter.text === '' ? 0 : 1 }
}

/** Whether there are changes that no file holds. */
export function hasUnsavedChanges(
  { edits, options, savedChanges }: PreviewState,
  given: PlanOptions,
): boolean {
  const { edits: savedEdits, options: savedOptions } = savedChanges ?? { edits: [], options: given }
  return (
    (edits !== savedEdits && edits.length + savedEdits.length > 0) ||
    JSON.stringify(options) !== JSON.stringify(savedOptions)
  )
}
