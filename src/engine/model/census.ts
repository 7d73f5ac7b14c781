import type { Catalog } from './catalog.ts'

/** The values that the tables of one snapshot actually hold. `encoding`: of the texts in the snapshot. */
export type Census = Pick<Catalog, 'database' | 'encoding'> & { readonly tables: readonly TableCensus[] }

export type TableCensus = {
  readonly table: string
  readonly rows: number
  /** Smallest and largest rowid as decimal text; null when the table has none or is empty. */
  readonly rowids: { readonly min: string; readonly max: string } | null
  readonly columns: readonly ColumnCensus[]
}

export type ColumnCensus = {
  readonly name: string
  readonly nulls: number
  readonly integers: number
  readonly reals: number
  readonly texts: number
  readonly blobs: number
  /** Decimal text, exact. */
  readonly integerRange: { readonly min: string; readonly max: string } | null
  /** Finite REAL values only. */
  readonly realRange: { readonly min: number; readonly max: number } | null
  /** REAL values that are whole numbers. */
  readonly wholeReals: number
  /** REAL values that are Infinity or -Infinity (SQLite stores no NaN). */
  readonly infinities: number
  /** Length of the longest text in characters and in bytes of UTF-8, and of the longest blob in bytes; 0 when there is none. */
  readonly maxCharacters: number
  readonly maxTextBytes: number
  readonly maxBlobBytes: number
  /** Total bytes of all texts, in UTF-8, and blobs; the average determines how many rows a batch may hold. */
  readonly totalBytes: number
  /** Number of texts (TEXT class only) of each form; a text can have several forms. */
  readonly textForms: Readonly<Record<TextForm, number>>
  /** Texts in a form of a time that are valid: day and time exist, and no zone moves them out of the years 1 to 9999. */
  readonly possibleTimes: number
  /** Number of possible times with a resolution finer than a microsecond. */
  readonly finerTimes: number
  /** Whether some texts contain U+0000 or are not valid UTF-8. */
  readonly hasInvalidTexts: boolean
  /** Texts that contain U+0000. */
  readonly nulTexts: number
  /** Distinct values, most frequent first; null when there are more than 12. */
  readonly values: readonly { readonly value: string; readonly count: number }[] | null
  /** How the values are written; absent when they were not examined one by one. */
  readonly spellings?: Spellings
}

/** What determines whether a target's type keeps values as they are written. */
export type Spellings = {
  /**
   * The most fractional digits that a finite REAL needs, as `hasDigits` in `encode/numbers/small-decimal.ts` finds them; null when a value
   * needs more than eight, is too large to tell, or is a negative zero.
   */
  readonly realDigits: number | null
  /** UUIDs of 36 or 32 characters without capital letters; below, those without small letters. */
  readonly lowerUuids: number
  readonly upperUuids: number
  /**
   * JSON objects and arrays that the type json accepts, those of them that jsonb accepts and keeps, and those that jsonb prints unchanged;
   * without objects whose first key starts with `$`.
   */
  readonly jsonDocuments: number
  readonly documents: number
  readonly printedDocuments: number
  /**
   * Spellings of the possible dates and timestamps, as `spellingOf` in `encode/times/time-form.ts` numbers them; null when there are more
   * than 16.
   */
  readonly times: readonly { readonly spelling: number; readonly count: number }[] | null
}

/**
 * Forms of text that the census counts. `date` YYYY-MM-DD · `instant` a date and a time without zone · `zoned-instant` the same with Z or
 * an offset · `time` HH:MM[:SS…] · `whole` an optional minus and digits · `decimal` also a point or an exponent · `uuid` 8-4-4-4-12 hex,
 * or 32 hex digits · `json` an object or array that SQLite's json_valid accepts · `boolean` true/false/t/f/yes/no/y/n/on/off in any case
 * · `empty` ''
 */
export type TextForm =
  | 'date'
  | 'instant'
  | 'zoned-instant'
  | 'time'
  | 'whole'
  | 'decimal'
  | 'uuid'
  | 'json'
  | 'boolean'
  | 'empty'

/** The census of a column without a row. */
export const noValues: ColumnCensus = {
  name: '',
  nulls: 0,
  integers: 0,
  reals: 0,
  texts: 0,
  blobs: 0,
  integerRange: null,
  realRange: null,
  wholeReals: 0,
  infinities: 0,
  maxCharacters: 0,
  maxTextBytes: 0,
  maxBlobBytes: 0,
  totalBytes: 0,
  possibleTimes: 0,
  finerTimes: 0,
  hasInvalidTexts: false,
  nulTexts: 0,
  values: null,
  textForms: {
    date: 0,
    instant: 0,
    'zoned-instant': 0,
    time: 0,
    whole: 0,
    decimal: 0,
    uuid: 0,
    json: 0,
    boolean: 0,
    empty: 0,
  },
}
