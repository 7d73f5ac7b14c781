/** The structure of one snapshot, from SQLite's schema table and pragmas, as plain data. */
export type Catalog = {
  readonly database: string
  readonly encoding: 'UTF-8' | 'UTF-16le' | 'UTF-16be'
  readonly pageSize: number
  readonly userVersion: number
  readonly applicationId: number
  readonly autoVacuum: number
  /** All rows of sqlite_schema in their order, from which the export creates the schema again. */
  readonly objects: readonly {
    readonly type: string
    readonly name: string
    readonly tableName: string
    readonly sql: string | null
  }[]
  readonly tables: readonly CatalogTable[]
  /** The rows of `sqlite_sequence`, numbers as decimal text, in their order. Absent in journals of earlier versions. */
  readonly sequences?: readonly {
    readonly rowid: string
    readonly table: string
    readonly sequence: string | null
  }[]
  readonly views: readonly {
    readonly name: string
    readonly sql: string
    /** Names of its columns; null when SQLite cannot run the view, for example because a table is gone. */
    readonly columns: readonly string[] | null
  }[]
  readonly triggers: readonly { readonly name: string; readonly table: string; readonly sql: string }[]
}

export type CatalogTable = {
  readonly name: string
  /** The `create table` statement as stored. */
  readonly sql: string
  /** `shadow`: a table in which a virtual table stores its data (https://www.sqlite.org/vtab.html#the_xshadowname_method). */
  readonly kind: 'table' | 'virtual' | 'shadow'
  /** The module of a virtual table in lower case, such as `fts5`. */
  readonly module: string | null
  readonly strict: boolean
  readonly withoutRowid: boolean
  readonly rootPage: number
  readonly columns: readonly CatalogColumn[]
  /** Names in key order; for an INTEGER PRIMARY KEY, that column. Empty without a primary key. */
  readonly primaryKey: readonly string[]
  readonly key: SourceKey
  readonly autoincrement: boolean
  /** The value in `sqlite_sequence`, as decimal text. */
  readonly sequence: string | null
  readonly indexes: readonly CatalogIndex[]
  readonly foreignKeys: readonly CatalogForeignKey[]
}

/** What identifies a row, and by what blocks are cut. */
export type SourceKey =
  /** `name` is an unhidden name of the rowid, ready to be quoted; `column` the INTEGER PRIMARY KEY column if there is one. */
  | { readonly kind: 'rowid'; readonly name: string; readonly column: string | null }
  /** WITHOUT ROWID: the primary key's columns. */
  | {
      readonly kind: 'primary-key'
      readonly columns: readonly {
        readonly name: string
        readonly descending: boolean
        readonly collation: string
      }[]
    }
  /** All names of the rowid are hidden by columns: the table is one block. */
  | { readonly kind: 'none' }

/** The column whose values are the rowids; of an R-Tree the first (https://www.sqlite.org/rtree.html). Null when there is none. */
export function rowidColumnOf({ key, module, columns }: CatalogTable): string | null {
  if (key.kind !== 'rowid') return null
  const isRtree = module === 'rtree' || module === 'rtree_i32'
  return key.column ?? (isRtree ? (columns[0]?.name ?? null) : null)
}

export type CatalogColumn = {
  readonly name: string
  /** As declared; '' when there is none. */
  readonly declaredType: string
  /** https://www.sqlite.org/datatype3.html#determination_of_column_affinity */
  readonly affinity: 'integer' | 'real' | 'numeric' | 'text' | 'blob'
  readonly notNull: boolean
  /** SQL text of the default, as `pragma table_xinfo` returns it. */
  readonly default: string | null
  readonly generated: 'stored' | 'virtual' | null
  /** Declared collation in upper case; `BINARY` when there is none. */
  readonly collation: string
}

export type CatalogIndex = {
  readonly name: string
  readonly unique: boolean
  /** `create`: CREATE INDEX · `unique`: a UNIQUE constraint · `primary-key`. */
  readonly origin: 'create' | 'unique' | 'primary-key'
  readonly partial: boolean
  /** Null for a constraint's own index. */
  readonly sql: string | null
  readonly columns: readonly {
    /** Null for an expression. */
    readonly name: string | null
    readonly descending: boolean
    readonly collation: string
  }[]
}

export type CatalogForeignKey = {
  readonly columns: readonly string[]
  readonly table: string
  /** The parent's columns; an implicit reference is resolved to the parent's primary key, [] when it has none. */
  readonly parentColumns: readonly string[]
  readonly onDelete: string
  readonly onUpdate: string
  readonly deferred: boolean
}

/** For a value without a declared column: a constant, or the value of an expression. */
export const undeclared: CatalogColumn = {
  name: '',
  declaredType: '',
  affinity: 'blob',
  notNull: false,
  default: null,
  generated: null,
  collation: 'BINARY',
}
