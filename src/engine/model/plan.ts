import type { CatalogTable, SourceKey } from './catalog.ts'
import type { Conversion, EpochUnit } from './conversion.ts'
import type { Amendment, Finding } from './finding.ts'
import type { Forecast } from './forecast.ts'
import type { StoredCell } from './storage.ts'
import type { TableName, TargetSchema, TargetTable } from './target-schema.ts'
import type { Trial } from './trial.ts'

/**
 * Everything that a run does, as data: serialisable, hashable, complete. The copy and the verification read nothing else. Equal catalogs,
 * censuses, mapping, edits, options and server result in an equal plan. Its hash (`plan/plan-hash.ts`) covers version, options, tables and
 * schema; snapshots are compared by their own hashes, so that a refusal to resume can name the one that changed.
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
  /** What the run will do to every cell; not part of the hash or of plan files. Absent when no snapshot was judged. */
  readonly forecast?: Forecast
  /** Rows that are not sent although the target would accept them at first; not part of the hash or of plan files. Absent without any. */
  readonly keptOut?: readonly KeptOutRows[]
  /**
   * By table id, the source columns in whose texts the census of `sources` found nothing but JSON documents that the server returns byte for
   * byte; not part of the hash or of plan files. Absent when no snapshot was judged.
   */
  readonly unchangedJson?: Readonly<Record<string, readonly string[]>>
  /** What was tried on the target; not part of the hash or of plan files. Absent without a target. */
  readonly trials?: readonly Trial[]
}

/** Source rows whose foreign key is filled or checked only after all tables of its cycle are loaded, and will be refused then. */
export type KeptOutRows = {
  readonly tableId: string
  /** The server's message. */
  readonly reason: string
  readonly ordinals: readonly number[]
}

export type PlanSource = {
  readonly database: string
  /** The database of the mapping whose role this file plays, such as `trading.db`; null for any other file. */
  readonly role: string | null
  readonly sha256: string
  readonly bytes: number
}

export type PlanOptions = {
  /** IANA name of the zone of times without one. */
  readonly timezone: string
  /** A reference to a missing row: the row is kept with a null reference, quarantined, or the plan fails. */
  readonly orphans: 'keep' | 'quarantine' | 'fail'
  /** A source column without a target in the mapping. */
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
  /** `auto`: Citus distributes every table, as planned where the mapping has no rule; `none`: no table. Absent: as the mapping says. */
  readonly distribute?: 'auto' | 'none'
  /** Age at which chunks go into the columnstore, unless the mapping says; absent: never. */
  readonly columnstore?: string
  /** Age at which rows of hypertables are deleted, unless the mapping says; absent: never. */
  readonly retention?: string
  /** Fills existing tables, and creates none. */
  readonly dataOnly?: boolean
  /** Existing tables may hold rows already. */
  readonly append?: boolean
  /** Tables with the same name in several databases become one table. */
  readonly into?: 'one'
  /** `string`: with `dataOnly`, text that is not JSON becomes a JSON string instead of going to quarantine. */
  readonly jsonText?: 'string'
  /** Units of columns whose numbers are times, by `table.column` or `database/table.column`. */
  readonly epochs?: Readonly<Record<string, EpochUnit>>
  /** Full-text tables become tsvector columns with GIN indexes, in this text search configuration of the server. */
  readonly search?: string
  /** Creates the views that can be translated. */
  readonly views?: boolean
  /** Tables that the user left out, as `database/table` or `table`. */
  readonly exclude: readonly string[]
}

/** One source table and its fate. Every source table of every chosen database has exactly one. */
export type TablePlan = {
  /** Made by `tableIdOf`; identifies the table in events, journal and reports. */
  readonly id: string
  readonly database: string
  readonly table: string
  readonly fate: TableFate
}

export type TableFate =
  | { readonly kind: 'copy'; readonly copy: CopyPlan }
  /** The table's rows become JSON in `column` of the rows of the table plan `into`. */
  | { readonly kind: 'fold'; readonly into: string; readonly column: string }
  | { readonly kind: 'exclude'; readonly reason: string }

/** Returns `database/table`, with `/` and `%` in the table percent-encoded, so that ids are unique. */
export function tableIdOf(database: string, table: string): string {
  return `${database}/${table.replaceAll('%', '%25').replaceAll('/', '%2F')}`
}

export type CopyPlan = {
  readonly target: TableName
  /** Which other rows the target table holds; absent: none. */
  readonly among?: OtherRows
  readonly key: SourceKey
  /** Source columns in catalog order, which are the first cells of every row, then one cell for each expression. */
  readonly read: {
    readonly columns: readonly string[]
    /** Deterministic SQL on the source row, executed on the snapshot only. */
    readonly expressions: readonly string[]
    /** SQL condition; the user excluded rows for which it is not true. */
    readonly filter: string | null
    /** What the page reader needs to know of the table. */
    readonly table: Pick<CatalogTable, 'columns' | 'rootPage' | 'withoutRowid'>
  }
  /** Null when each source row becomes one target row. */
  readonly pivot: PivotPlan | null
  readonly folds: readonly FoldPlan[]
  /** All columns of the target table that are not generated, in its order: COPY names them all. */
  readonly columns: readonly ColumnPlan[]
  /** Columns that the server computes, with the source column that each must equal: not sent, but verified. */
  readonly computed?: readonly ColumnPlan[]
  readonly references: readonly ReferencePlan[]
  readonly identity: RowIdentity
  /** Source columns without a target, which are archived or, at the user's request, dropped. */
  readonly unmapped: readonly { readonly column: string; readonly fate: 'archive' | 'drop' }[]
}

/** Whether a row's rowid is a value of its own. Otherwise it does not last: VACUUM renumbers rows. */
export function hasLastingRowid({ key, columns }: CopyPlan): boolean {
  return (key.kind === 'rowid' && key.column !== null) || columns.some(({ from }) => from.kind === 'rowid')
}

/** Whether only its cells identify a source row, since VACUUM changes its rowid. */
export function isKeyless(copy: CopyPlan): boolean {
  return copy.key.kind === 'rowid' && !hasLastingRowid(copy)
}

/** Rows of a target table that do not come from the table plan's source rows. */
export type OtherRows =
  /** Rows that existed before the run: the plan's own rows are those that the run's transactions wrote. */
  | { readonly kind: 'earlier' }
  /** Rows of other databases (`--into one`): the plan's own rows have `value` in `column`. */
  | { readonly kind: 'origins'; readonly column: string; readonly value: string }

/** How a target row is found from its source row: for archive entries, repair, and naming differences. */
export type RowIdentity =
  /** Target columns whose values are unique. `ordered`: the last one is the rowid itself, so that a block is a range of it. */
  | { readonly kind: 'columns'; readonly columns: readonly string[]; readonly ordered: boolean }
  /** Nothing in the target distinguishes equal rows. */
  | { readonly kind: 'multiset' }

/**
 * Long form to wide: source rows with equal values in `groupBy` become one target row, and their `name` → `value` pairs one JSON object.
 * Other columns come from the group's first row (by rowid). What the object cannot hold (the members' own values of `archived` columns, a
 * second row for the same name) goes to the archive, one entry per target row.
 */
export type PivotPlan = {
  readonly groupBy: readonly string[]
  readonly name: string
  readonly value: string
  readonly archived: readonly string[]
}

/**
 * Child rows are gathered into a JSON array of objects, in key order, with all columns of the child. They belong to the first parent row
 * in key order for which `childColumn = parentColumn` under SQLite's own comparison.
 */
export type FoldPlan = {
  readonly tableId: string
  readonly table: string
  readonly columns: readonly string[]
  readonly childColumn: string
  readonly parentColumn: string
}

/** Type and nullability are those of the target column (`TargetColumn` of the same name). */
export type ColumnPlan = { readonly target: string; readonly from: ColumnOrigin }

export type ColumnOrigin =
  | { readonly kind: 'column'; readonly column: string; readonly conversion: Conversion }
  /** The row's rowid, when the source has no column for the target's integer key. */
  | { readonly kind: 'rowid'; readonly conversion: Conversion }
  /** The row's number in key order, from 1, when there is no rowid either. */
  | { readonly kind: 'row-number'; readonly conversion: Conversion }
  /** Index into `read.expressions`. */
  | { readonly kind: 'expression'; readonly expression: number; readonly conversion: Conversion }
  | { readonly kind: 'constant'; readonly value: StoredCell; readonly conversion: Conversion }
  /** Several columns of a row as one JSON object with the source's names; text is always a JSON string. */
  | { readonly kind: 'gather'; readonly columns: readonly string[] }
  /** Index into `folds`: a JSON array; text is always a JSON string. */
  | { readonly kind: 'fold'; readonly fold: number }
  /** The pivot's JSON object. */
  | { readonly kind: 'pivot' }
  /** The source has no value for it: null in every row, never the default. */
  | { readonly kind: 'nothing' }

/** Source columns whose values refer to a row of another source table. */
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
   * `null-reference`: the target column becomes null, and `originalIn` names the column with the original (filled in every row).
   * `keep-value`: the value stays, and the foreign key is not validated. `reject-row`: the row goes to quarantine.
   */
  readonly onOrphan: 'null-reference' | 'keep-value' | 'reject-row'
  /** Target column of the reference itself. */
  readonly target: string
  readonly originalIn: string | null
}

/** Returns the copy plan of a whole table, without the plans of its columns. */
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

/** Returns the copy plan of a table that is copied; throws for any other. */
export function copyPlanOf(table: TablePlan): CopyPlan {
  if (table.fate.kind !== 'copy')
    throw new Error(`${table.id} is not copied but its fate is ${table.fate.kind}`)
  return table.fate.copy
}

const spell = ({ schema, table }: TableName): string => JSON.stringify([schema, table])
const tablesByName = new WeakMap<TargetSchema, ReadonlyMap<string, TargetTable>>()

/** Returns the plan of a target table; throws when there is none. */
export function targetTableOf(plan: Plan, name: TableName): TargetTable {
  const found = findTargetTable(plan, name)
  if (found === undefined) throw new Error(`the plan creates no table ${name.schema}.${name.table}`)
  return found
}

export function findTargetTable({ schema }: Plan, name: TableName): TargetTable | undefined {
  let byName = tablesByName.get(schema)
  if (byName === undefined) {
    byName = new Map(schema.tables.map((table) => [spell(table), table]))
    tablesByName.set(schema, byName)
  }
  return byName.get(spell(name))
}

const copiedInto = new WeakMap<readonly TablePlan[], ReadonlyMap<string, readonly TablePlan[]>>()

/** Returns the plans of the source tables that fill the target table. */
export function tablesInto({ tables }: Pick<Plan, 'tables'>, target: TableName): readonly TablePlan[] {
  let byTarget = copiedInto.get(tables)
  if (byTarget === undefined) {
    const copied = tables.filter(({ fate }) => fate.kind === 'copy')
    byTarget = Map.groupBy(copied, (table) => spell(copyPlanOf(table).target))
    copiedInto.set(tables, byTarget)
  }
  return byTarget.get(spell(target)) ?? []
}
