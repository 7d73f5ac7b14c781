import type { CatalogTable, SourceKey } from './catalog.ts'
import type { Conversion, EpochUnit } from './conversion.ts'
import type { Amendment, Finding } from './finding.ts'
import type { Forecast } from './forecast.ts'
import type { StoredCell } from './storage.ts'
import { isSameTable, type TableName, type TargetSchema, type TargetTable } from './target-schema.ts'
import type { Trial } from './trial.ts'

/**
 * Everything a run does, as data: serialisable, hashable, complete. The copy and the verification read it and look nowhere else.
 * Equal catalogs, censuses, mapping, edits, options and server give an equal plan. Its hash (`plan/plan-hash.ts`) covers version,
 * options, tables and schema; snapshots are compared by their own hashes, so that a refusal to resume can say which one changed.
 */
export type Plan = {
  readonly version: 1
  /** `gpt-trader`, `auto`, or the name of the user's mapping file. */
  readonly mapping: string
  readonly sources: readonly PlanSource[]
  readonly options: PlanOptions
  readonly tables: readonly TablePlan[]
  readonly schema: TargetSchema
  readonly findings: readonly Finding[]
  readonly amendments: readonly Amendment[]
  /** Source rows by `TablePlan.id`, from the census. */
  readonly sourceRows: Readonly<Record<string, number>>
  /** What the run will do to every cell; no part of the hash, and of no plan file. Absent where no snapshot was judged. */
  readonly forecast?: Forecast
  /** Rows that stay out though the target takes them as they arrive; no part of the hash, and of no plan file. Absent without any. */
  readonly keptOut?: readonly KeptOutRows[]
  /** What was tried on the target; no part of the hash, and of no plan file. Absent without a target. */
  readonly trials?: readonly Trial[]
}

/** Source rows whose foreign key is filled, or checked, only after all tables of its cycle have arrived, and cannot be then. */
export type KeptOutRows = {
  readonly tableId: string
  /** In the server's words. */
  readonly reason: string
  readonly ordinals: readonly number[]
}

export type PlanSource = {
  readonly database: string
  /** The database of the mapping that this file plays, such as `trading.db`; null for any other file. */
  readonly role: string | null
  readonly sha256: string
  readonly bytes: number
}

export type PlanOptions = {
  /** IANA name in which times without zone are read. */
  readonly timezone: string
  /** A reference to a row that isn't there: the row is kept with a null reference, quarantined, or the plan fails. */
  readonly orphans: 'keep' | 'quarantine' | 'fail'
  /** A source column with no home in the mapping. */
  readonly unmapped: 'add' | 'archive' | 'drop' | 'fail'
  /** A value too large for its planned type: the type is widened (an amendment), or the row quarantined. */
  readonly onOverflow: 'widen' | 'quarantine'
  readonly onReject: 'quarantine' | 'fail'
  readonly exact: boolean
  readonly allowMissing: boolean
  /** Target schema of the automatic mapping; null for its own choice. */
  readonly schema: string | null
  readonly identifiers: 'keep' | 'snake_case'
  readonly strictTypes: boolean
  readonly int4WhenFits: boolean
  readonly timeseries: 'auto' | 'native' | 'timescaledb'
  /** `auto`: Citus keeps every table, as planning proposes where the mapping says nothing; `none`: none. Absent: as the mapping says. */
  readonly distribute?: 'auto' | 'none'
  /** How old chunks of hypertables must be to go into the columnstore, where the mapping does not say; absent: they don't. */
  readonly columnstore?: string
  /** After which time rows of hypertables are deleted, where the mapping does not say; absent: never. */
  readonly retention?: string
  /** Fill existing tables, and create none. */
  readonly dataOnly?: boolean
  /** Such tables may hold rows already. */
  readonly append?: boolean
  /** Tables of one name in several databases become one table. */
  readonly into?: 'one'
  /** `string`: with `dataOnly`, text that is no JSON becomes a JSON string rather than going to quarantine. */
  readonly jsonText?: 'string'
  /** Units of columns whose numbers are times, by `table.column` or `database/table.column`. */
  readonly epochs?: Readonly<Record<string, EpochUnit>>
  /** Full-text tables become tsvector columns with GIN indexes, in this configuration of the server's. */
  readonly search?: string
  /** Create the views that can be translated. */
  readonly views?: boolean
  /** Tables left out by the user, as `database/table` or `table`. */
  readonly exclude: readonly string[]
}

/** One source table and its fate. Every source table of every chosen database has exactly one. */
export type TablePlan = {
  /** Made by `tableIdOf`; names the table in events, journal and reports. */
  readonly id: string
  readonly database: string
  readonly table: string
  readonly fate: TableFate
}

export type TableFate =
  | { readonly kind: 'copy'; readonly copy: CopyPlan }
  /** Its rows become JSON in `column` of the rows of the table plan `into`. */
  | { readonly kind: 'fold'; readonly into: string; readonly column: string }
  | { readonly kind: 'exclude'; readonly reason: string }

/** `database/table`, with `/` and `%` in the table percent-encoded, so that no two tables share one. */
export function tableIdOf(database: string, table: string): string {
  return `${database}/${table.replaceAll('%', '%25').replaceAll('/', '%2F')}`
}

export type CopyPlan = {
  readonly target: TableName
  /** Which other rows the target table holds; missing: none. */
  readonly among?: OtherRows
  readonly key: SourceKey
  /** Source columns in catalog order, the first cells of every row read; then one cell for each expression. */
  readonly read: {
    readonly columns: readonly string[]
    /** Deterministic SQL on the source row, run on the snapshot only. */
    readonly expressions: readonly string[]
    /** SQL condition; rows for which it is not true are excluded by the user. */
    readonly filter: string | null
    /** What the page reader must know of the table. */
    readonly table: Pick<CatalogTable, 'columns' | 'rootPage' | 'withoutRowid'>
  }
  /** Null: a source row is a target row. */
  readonly pivot: PivotPlan | null
  readonly folds: readonly FoldPlan[]
  /** Every column of the target table that is not generated, in its order: COPY names them all. */
  readonly columns: readonly ColumnPlan[]
  /** Columns that the server computes by itself, with the source column that each must equal: not sent, but verified. */
  readonly computed?: readonly ColumnPlan[]
  readonly references: readonly ReferencePlan[]
  readonly identity: RowIdentity
  /** Source columns with no home, kept in the archive or dropped at the user's word. */
  readonly unmapped: readonly { readonly column: string; readonly fate: 'archive' | 'drop' }[]
}

/** Whether a row's rowid is a value of its own; otherwise it has none that lasts: VACUUM gives new ones. */
export function hasLastingRowid({ key, columns }: CopyPlan): boolean {
  return (key.kind === 'rowid' && key.column !== null) || columns.some(({ from }) => from.kind === 'rowid')
}

/** Whether nothing but its cells names a source row for longer than until the next VACUUM. */
export function isKeyless(copy: CopyPlan): boolean {
  return copy.key.kind === 'rowid' && !hasLastingRowid(copy)
}

/** Rows of a target table that are not made of the table plan's source rows. */
export type OtherRows =
  /** Those that were there before the run: its own are those that its transactions wrote. */
  | { readonly kind: 'earlier' }
  /** Those of other databases (`--into one`): its own have `value` in `column`. */
  | { readonly kind: 'origins'; readonly column: string; readonly value: string }

/** How a target row is found from its source row: for archive entries, repair, and naming differences. */
export type RowIdentity =
  /** Target columns whose values are unique. `ordered`: the last one is the rowid's own value, so a block is a range of it. */
  | { readonly kind: 'columns'; readonly columns: readonly string[]; readonly ordered: boolean }
  /** Nothing in the target tells equal rows apart. */
  | { readonly kind: 'multiset' }

/**
 * Long form to wide: source rows that agree in `groupBy` become one target row, and `name` → `value` pairs one JSON object.
 * Other columns come from the group's first row (by rowid). What the object can't hold (the members' own values of `archived`
 * columns, a second row for the same name) goes to the archive, one entry per target row.
 */
export type PivotPlan = {
  readonly groupBy: readonly string[]
  readonly name: string
  readonly value: string
  readonly archived: readonly string[]
}

/**
 * Child rows gathered into a JSON array of objects, in key order, all columns of the child in each object. They belong to the
 * first parent row, in key order, where `childColumn = parentColumn` under SQLite's own comparison.
 */
export type FoldPlan = {
  readonly tableId: string
  readonly table: string
  readonly columns: readonly string[]
  readonly childColumn: string
  readonly parentColumn: string
}

/** Type and nullability are the target column's own (`TargetColumn` of the same name). */
export type ColumnPlan = { readonly target: string; readonly from: ColumnOrigin }

export type ColumnOrigin =
  | { readonly kind: 'column'; readonly column: string; readonly conversion: Conversion }
  /** The row's rowid, where the source has no column for the target's integer key. */
  | { readonly kind: 'rowid'; readonly conversion: Conversion }
  /** The row's number in key order, from 1, where there is no rowid either. */
  | { readonly kind: 'row-number'; readonly conversion: Conversion }
  /** Index into `read.expressions`. */
  | { readonly kind: 'expression'; readonly expression: number; readonly conversion: Conversion }
  | { readonly kind: 'constant'; readonly value: StoredCell; readonly conversion: Conversion }
  /** Several columns of one row as one JSON object, named as in the source; text is always a JSON string. */
  | { readonly kind: 'gather'; readonly columns: readonly string[] }
  /** Index into `folds`: a JSON array; text is always a JSON string. */
  | { readonly kind: 'fold'; readonly fold: number }
  /** The pivot's JSON object. */
  | { readonly kind: 'pivot' }
  /** The source has nothing for it: null in every row, never the default. */
  | { readonly kind: 'nothing' }

/** Source columns whose values name a row of another source table. */
export type ReferencePlan = {
  readonly columns: readonly string[]
  /** Null when the parent's database or table is not part of the run: then every value is an orphan. */
  readonly parent: {
    readonly tableId: string
    readonly database: string
    readonly table: string
    readonly columns: readonly string[]
  } | null
  /**
   * `null-reference`: the target column is null, and the original is in the column named by `originalIn` (filled in every row).
   * `keep-value`: the value stays and the foreign key is not validated. `reject-row`: quarantine.
   */
  readonly onOrphan: 'null-reference' | 'keep-value' | 'reject-row'
  /** Target column of the reference itself, for `null-reference`. */
  readonly target: string
  readonly originalIn: string | null
}

/** The copy of a whole table, as `CopyPlan` has it before anything is said of single columns. */
export function wholeCopy(
  { key, columns, rootPage, withoutRowid }: CatalogTable,
  { schema, table }: TableName,
): Omit<CopyPlan, 'columns' | 'identity'> {
  return {
    target: { schema, table },
    key,
    read: {
      columns: columns.map(({ name }) => name),
      expressions: [],
      filter: null,
      table: { columns, rootPage, withoutRowid },
    },
    pivot: null,
    folds: [],
    references: [],
    unmapped: [],
  }
}

/** The copy plan of a table whose fate is to be copied; throws for any other. */
export function copyPlanOf(table: TablePlan): CopyPlan {
  if (table.fate.kind !== 'copy')
    throw new Error(`${table.id} is not copied but its fate is ${table.fate.kind}`)
  return table.fate.copy
}

const tablesByName = new WeakMap<TargetSchema, ReadonlyMap<string, TargetTable>>()

/** The plan of a target table; throws where there is none. */
export function targetTableOf(plan: Plan, name: TableName): TargetTable {
  const found = findTargetTable(plan, name)
  if (found === undefined) throw new Error(`the plan creates no table ${name.schema}.${name.table}`)
  return found
}

/** The plan of a target table; undefined where there is none. */
export function findTargetTable({ schema }: Plan, name: TableName): TargetTable | undefined {
  const spell = (table: TableName): string => JSON.stringify([table.schema, table.table])
  let byName = tablesByName.get(schema)
  if (byName === undefined) {
    byName = new Map(schema.tables.map((table) => [spell(table), table]))
    tablesByName.set(schema, byName)
  }
  return byName.get(spell(name))
}

/** The plans of the source tables whose rows the target table gets. */
export function tablesInto({ tables }: Plan, target: TableName): readonly TablePlan[] {
  return tables.filter(({ fate }) => fate.kind === 'copy' && isSameTable(fate.copy.target, target))
}
