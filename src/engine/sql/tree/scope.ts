import type { CatalogColumn } from '../../model/catalog.ts'
import type { Conversion } from '../../model/conversion.ts'
import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import type { Expression, Window } from './expression.ts'

/** The columns that an expression can name, and their form in the target. */
export type Scope = {
  readonly column: (name: string, table: string | null) => ScopeColumn | undefined
  /**
   * What the expression is for. `generated` must return exactly SQLite's value; `check`, `predicate` (of a partial index, or of a unique
   * one's expression) and `index` the same truth and order; `view` the same values, in a select.
   */
  readonly purpose: 'check' | 'predicate' | 'index' | 'generated' | 'view'
  /** Major version of the server. */
  readonly major: number
  /** The statement runs in the application's sessions, in their time zone. */
  readonly isOfSession?: true
  /** What expressions in a select can name besides columns. */
  readonly select?: SelectScope
}

/** Whether STABLE functions are allowed, when they are called in a way that does not depend on the session. */
export function takesStable({ purpose }: Pick<Scope, 'purpose'>): boolean {
  return purpose === 'view' || purpose === 'check'
}

export type SelectScope = {
  /** Returns a column that a subquery computes. */
  readonly computed: (name: string, table: string | null) => Printed | undefined
  /** Returns the result of the same select with that alias, when no column has the name. */
  readonly aliased: (name: string, table: string | null, grouped: Groups | null) => Printed | undefined
  /** Whether the name belongs to the select around this one. */
  readonly isOuter: (name: string, table: string | null) => boolean
  /** Returns a window of the WINDOW clause. */
  readonly window: (name: string) => Window | undefined
  /** Prints a subquery, without parentheses, and returns its columns. `rows`: all, or only the first. */
  readonly subquery: (
    select: string,
    rows: 'all' | 'first',
  ) => { readonly sql: string; readonly columns: readonly Printed[] }
  /** Returns the SQL of the keys in whose order SQLite usually reads the rows; [] when unknown. */
  readonly rowOrder: () => readonly string[]
  /** Null in a select without groups. */
  readonly grouped: Groups | null
}

export type Groups = {
  /** SQL of the values that are equal in all rows of a group. */
  readonly values: ReadonlySet<string>
  /**
   * The order whose first row gives the other values: SQLite takes them from the row with the minimum or maximum when there is a single min()
   * or max() (https://www.sqlite.org/lang_select.html#bareagg), else from the first row that it reads. Null when there are several.
   */
  readonly rowBy: string | null
}

/** An expression printed in PostgreSQL's SQL, with what is known of its value. */
export type Printed = {
  readonly sql: string
  readonly kind: Kind
  /** `sql` needs no parentheses as an operand. */
  readonly atom: boolean
  /** Set when the value is a constant. */
  readonly constant?: Expression
  readonly column?: ScopeColumn | undefined
  /** A collation given by COLLATE. */
  readonly collation?: string | undefined
  /** The column's collation, also when + or CAST is applied to it (https://www.sqlite.org/datatype3.html#collation). */
  readonly ownCollation?: string | undefined
  /** Not an integer in PostgreSQL, but in SQLite for some rows, so that a division may be one of integers there. */
  readonly mayBeWhole?: boolean | undefined
  /**
   * Of an integer: its absolute value is at most 2^bits; 63 when absent. Above 63 it is a numeric, since SQLite may have continued with a
   * real number.
   */
  readonly bits?: number
  /** The same calculation in 64 bits, which raises an error on overflow. */
  readonly plain?: string
  /** The decimal unit to which a binary number was rounded: SQLite may have rounded a half the other way. */
  readonly roundedTo?: number
  /** The affinity of a CAST (https://www.sqlite.org/datatype3.html#affinity_of_expressions); `column` has a column's own. */
  readonly affinity?: 'text' | 'numeric'
  /** Of a value extracted from JSON: SQL of its JSON type. */
  readonly jsonType?: string
  /** The text consists of digits only. */
  readonly hasDigits?: boolean
  /** The value is a member of a JSON array passed as a parameter: a number when it is compared with numbers. */
  readonly isMember?: boolean
  /** The text is a time or a date, and so does not look like a number. */
  readonly isTime?: boolean
  /** The timestamp without zone that the text spells, to the day or to the second. */
  readonly moment?: { readonly wall: string; readonly isDay: boolean }
  /** The value was aggregated without ORDER BY: in the order in which SQLite usually reads the rows (`as-read`), or in any (`open`). */
  readonly order?: 'as-read' | 'open'
}

/** The recursive printer, passed to the printers of single kinds of expressions for their operands. */
export type Printer = {
  /** Prints an expression for its value. Throws Untranslatable. */
  readonly value: (expression: Expression, scope: Scope) => Printed
  /** Prints an expression as a condition. Throws Untranslatable. */
  readonly truth: (expression: Expression, scope: Scope) => Printed
}

/** SQLite's scalar functions by name. */
export type FunctionTable = Readonly<Record<string, SqliteFunction>>

type SqliteFunction = {
  /** The numbers of arguments that the function takes, or the least number. */
  readonly takes: readonly number[] | { readonly least: number }
  /** Throws Untranslatable. */
  readonly print: (values: readonly [Printed, ...Printed[]], scope: Scope, name: string) => Printed
}

export type ScopeColumn = {
  readonly target: string
  /** The alias of the column's table, in a select. */
  readonly table?: string
  readonly type: string
  readonly conversion: Conversion
  readonly affinity: CatalogColumn['affinity']
  readonly collation: string
  /** The values had several storage classes, so that comparisons cannot be translated. */
  readonly isMixed: boolean
  /** The values are texts in SQLite, whatever the column's type. */
  readonly isText: boolean
  readonly isGenerated: boolean
  /**
   * Returns the types of the column's values at a path, or of the members there, as SQLite's json_type() names them; undefined when a value
   * is not JSON. Absent when the types were not determined.
   */
  readonly jsonTypes?: (path: string, where: 'at' | 'in') => ReadonlySet<string> | undefined
}

/** Returns the column's name, qualified by the table's alias in a select. */
export function columnSql({ table, target }: ScopeColumn): string {
  return table === undefined
    ? quoteIdentifier(target)
    : `${quoteIdentifier(table)}.${quoteIdentifier(target)}`
}

export type Kind =
  | 'integer'
  | 'double'
  | 'numeric'
  | 'text'
  | 'boolean'
  /** A boolean column whose values are texts in SQLite, and so neither numbers nor conditions. */
  | 'boolean-text'
  /** Numbers that are texts in SQLite: it calculates with numbers, but compares texts. */
  | 'number-text'
  | 'timestamptz'
  | 'timestamp'
  | 'date'
  | 'time'
  | 'uuid'
  | 'json'
  | 'bytea'
  /** A value of any type extracted from JSON; `sql` is its text. */
  | 'json-value'
  | 'null'
  /** A parameter, of the type that the server infers from its position. */
  | 'parameter'

export function kindOfType(type: string): Kind | null {
  if (/^(smallint|integer|bigint)$/.test(type)) return 'integer'
  if (type === 'double precision') return 'double'
  if (type.startsWith('numeric')) return 'numeric'
  if (type === 'text' || type.startsWith('character varying')) return 'text'
  if (type === 'timestamp with time zone') return 'timestamptz'
  if (type === 'timestamp without time zone') return 'timestamp'
  if (type === 'time without time zone') return 'time'
  if (type === 'json' || type === 'jsonb') return 'json'
  if (type === 'boolean' || type === 'date' || type === 'uuid' || type === 'bytea') return type
  return null
}

/** PostgreSQL's type for calculated values of a kind. */
export const typeOfKind = {
  integer: 'bigint',
  double: 'double precision',
  numeric: 'numeric',
  text: 'text',
  boolean: 'boolean',
  bytea: 'bytea',
} as const satisfies Partial<Record<Kind, string>>

/** Thrown for an expression that has no certain equivalent in PostgreSQL. The message names it. */
export class Untranslatable extends Error {}
