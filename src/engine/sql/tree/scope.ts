import type { CatalogColumn } from '../../model/catalog.ts'
import type { Conversion } from '../../model/conversion.ts'
import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import type { Expression, Window } from './expression.ts'

/** The columns that an expression can name, and what they have become in the target. */
export type Scope = {
  readonly column: (name: string, table: string | null) => ScopeColumn | undefined
  /**
   * `generated` must return the exact value that SQLite returns, `check`, `predicate` (of an index, or what one is unique on) and `index`
   * the same truth and the same order. `view`: the same values, in a select.
   */
  readonly purpose: 'check' | 'predicate' | 'index' | 'generated' | 'view'
  /** Major version of the server. */
  readonly major: number
  /** It is run by the application's sessions, in their time zone. */
  readonly isOfSession?: true
  /** What an expression of a select can name besides. */
  readonly select?: SelectScope
}

/** Whether functions that depend on the session may stand there, as far as they are called so that they do not. */
export function takesStable({ purpose }: Pick<Scope, 'purpose'>): boolean {
  return purpose === 'view' || purpose === 'check'
}

export type SelectScope = {
  /** A column that a subquery computes. */
  readonly computed: (name: string, table: string | null) => Printed | undefined
  /** The result of the same select that has the name for its alias, where no column has it. */
  readonly aliased: (name: string, table: string | null, grouped: Groups | null) => Printed | undefined
  /** Whether the name is one of the select around this one. */
  readonly isOuter: (name: string, table: string | null) => boolean
  /** A window of the WINDOW clause. */
  readonly window: (name: string) => Window | undefined
  /** A select in parentheses, as PostgreSQL's SQL without them, and its columns; all its rows, or no more than the first. */
  readonly subquery: (
    select: string,
    rows: 'all' | 'first',
  ) => { readonly sql: string; readonly columns: readonly Printed[] }
  /** SQL of the keys in whose order SQLite most often reads the rows; [] where they are unknown. */
  readonly rowOrder: () => readonly string[]
  /** Null in a select without groups. */
  readonly grouped: Groups | null
}

export type Groups = {
  /** SQL of the values of which each group has one. */
  readonly values: ReadonlySet<string>
  /**
   * The order whose first row another value is taken from: SQLite takes it from the row that has the smallest or largest one beside a
   * single min() or max() (https://www.sqlite.org/lang_select.html#bareagg), else from the first that it reads. Null beside several.
   */
  readonly rowBy: string | null
}

/** An expression in PostgreSQL's SQL, with what is known of its value. */
export type Printed = {
  readonly sql: string
  readonly kind: Kind
  /** Needs no parentheses as an operand. */
  readonly atom: boolean
  /** The constant that it is, when it is one. */
  readonly constant?: Expression
  readonly column?: ScopeColumn | undefined
  /** A collation given by COLLATE. */
  readonly collation?: string | undefined
  /** The collation of the column that it is, under any + and CAST (https://www.sqlite.org/datatype3.html#collation). */
  readonly ownCollation?: string | undefined
  /** No integer here, but one in SQLite for some rows, so that a division would be one of whole numbers there. */
  readonly mayBeWhole?: boolean | undefined
  /**
   * Of an integer: its amount is 2^bits at most; 63 where absent. Above 63 it is a numeric, since SQLite may have continued with a real
   * number there.
   */
  readonly bits?: number
  /** The same calculated in 64 bits, which raises an error where it leaves them. */
  readonly plain?: string
  /** The decimal unit to which a binary number was rounded: SQLite may have rounded a half the other way. */
  readonly roundedTo?: number
  /** That of a CAST (https://www.sqlite.org/datatype3.html#affinity_of_expressions); a column's own comes with `column`. */
  readonly affinity?: 'text' | 'numeric'
  /** Of a value taken out of JSON: SQL of its type there. */
  readonly jsonType?: string
  /** A text of digits alone. */
  readonly hasDigits?: boolean
  /** Out of an array of JSON's that the program gives: a number where it is compared with numbers. */
  readonly isMember?: boolean
  /** A text that is a time or a day, and so never one of a number. */
  readonly isTime?: boolean
  /** The timestamp without zone whose day, or whose second, the text spells. */
  readonly moment?: { readonly wall: string; readonly isDay: boolean }
  /** It was aggregated without an ORDER BY: in the order in which SQLite most often reads the rows, or in any. */
  readonly order?: 'as-read' | 'open'
}

/** The recursive printer, handed to the printers of one kind of expression so that they can print their operands. */
export type Printer = {
  /** An expression for its value. Throws Untranslatable. */
  readonly value: (expression: Expression, scope: Scope) => Printed
  /** An expression where SQLite asks whether it is true. Throws Untranslatable. */
  readonly truth: (expression: Expression, scope: Scope) => Printed
}

/** SQLite's functions of values, by their names. */
export type FunctionTable = Readonly<Record<string, SqliteFunction>>

type SqliteFunction = {
  /** How many arguments it takes: one of these numbers, or the only one and more. */
  readonly takes: readonly number[] | { readonly least: number }
  /** Throws Untranslatable. */
  readonly print: (values: readonly [Printed, ...Printed[]], scope: Scope, name: string) => Printed
}

export type ScopeColumn = {
  readonly target: string
  /** In a select, the alias of its table. */
  readonly table?: string
  readonly type: string
  readonly conversion: Conversion
  readonly affinity: CatalogColumn['affinity']
  readonly collation: string
  /** Its values had several storage classes, so that comparing them is SQLite's own affair. */
  readonly isMixed: boolean
  /** Its values are texts in SQLite, whatever they are here. */
  readonly isText: boolean
  readonly isGenerated: boolean
  /**
   * The types of its values, as SQLite's json_type() names them, at a path or of the members there. Absent where nobody has looked,
   * undefined where they are not JSON.
   */
  readonly jsonTypes?: (path: string, where: 'at' | 'in') => ReadonlySet<string> | undefined
}

/** The column's name, qualified by its table where the select qualifies it. */
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
  /** A boolean column whose values are texts in SQLite, where they are neither numbers nor truth. */
  | 'boolean-text'
  /** Numbers that are texts in SQLite: numbers when it calculates, texts when it compares. */
  | 'number-text'
  | 'timestamptz'
  | 'timestamp'
  | 'date'
  | 'time'
  | 'uuid'
  | 'json'
  | 'bytea'
  /** What was taken out of JSON, of any type; `sql` is its text. */
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

/** The type of the values that SQLite calculates. */
export const typeOfKind = {
  integer: 'bigint',
  double: 'double precision',
  numeric: 'numeric',
  text: 'text',
  boolean: 'boolean',
  bytea: 'bytea',
} as const satisfies Partial<Record<Kind, string>>

/** An expression that means something else in PostgreSQL, or nothing. The message says what. */
export class Untranslatable extends Error {}
