/**
 * How a source cell becomes a target value: a closed list of kinds, each with its parameters, as plain data.
 * One file of `encode/conversions/` implements one kind. Null becomes null in every kind.
 *
 * A cell is `exact` when the conversion's inverse returns the exact cell (storage class and bytes), `normalized` when the
 * meaning is kept and the spelling is not, `rounded` when the value changed within the target's declared scale.
 * `form` is the column's usual spelling, from the census: it is what the inverse writes.
 */
export type Conversion =
  /** INTEGER; whole REAL and whole-number TEXT are normalized. Refuses what does not fit the bytes. */
  | { readonly kind: 'integer'; readonly bytes: 2 | 4 | 8; readonly form: 'integer' | 'text' }
  /** REAL; INTEGER within 2^53 and decimal TEXT that reads back the same are normalized. */
  | { readonly kind: 'double' }
  /** INTEGER, REAL (shortest decimal that reads back the same) and decimal TEXT; rounded half away from zero to the scale. */
  | {
      readonly kind: 'numeric'
      readonly precision: number | null
      readonly scale: number | null
      readonly form: 'integer' | 'real' | 'text'
      /** The decimal point of amounts such as $1,234.56; absent: TEXT is a plain decimal. */
      readonly point?: DecimalPoint
    }
  /** TEXT; numbers as their shortest text, BLOB that is valid UTF-8: normalized. Refuses U+0000 and invalid UTF-8. */
  | { readonly kind: 'text'; readonly maxCharacters: number | null }
  /** 0 and 1, true/false, t/f, yes/no, y/n, on/off in any case. */
  | { readonly kind: 'boolean'; readonly form: BooleanForm }
  | ({ readonly kind: 'timestamptz' } & TimeParameters)
  /** Wall-clock time; a zone in the text is refused. */
  | ({ readonly kind: 'timestamp' } & TimeParameters)
  | ({ readonly kind: 'date' } & TimeParameters)
  /** HH:MM[:SS[.ffffff]]. */
  | { readonly kind: 'time'; readonly form: TimeForm; readonly precision?: number }
  /** A UUID as text (with or without dashes, any case) or as 16 bytes. */
  | { readonly kind: 'uuid'; readonly form: UuidForm }
  /** A UUID as itself; any other id as UUIDv5 of database, table and the id's text (RFC 9562 section 5.5). */
  | {
      readonly kind: 'uuid-of-id'
      readonly database: string
      readonly table: string
      readonly form: UuidForm
    }
  /**
   * `document`: TEXT that is JSON is that JSON, any other text (and JSON that jsonb would damage or refuse: duplicate keys,
   * \u0000, lone surrogates, numbers out of range) is a JSON string. `string`: TEXT is always a JSON string. Numbers are numbers
   * (±Infinity is {"$real": "Infinity"}), BLOB is {"$blob": base64}, text that is invalid UTF-8 or holds U+0000 is {"$text": base64}.
   * `only-documents`: TEXT, and BLOB that is UTF-8 text, must be such JSON; nothing is wrapped, the rest is refused.
   * `jsonb` is compared by meaning, `json` keeps the text.
   */
  | {
      readonly kind: 'json'
      readonly text: 'document' | 'string' | 'only-documents'
      readonly storage: 'json' | 'jsonb'
    }
  /** BLOB; TEXT as its UTF-8 bytes is normalized. Numbers are refused. */
  | { readonly kind: 'bytes' }
  /** TEXT by a list of known spellings (exact match, then case-folded and trimmed); what is not in the list is refused. */
  | {
      readonly kind: 'enumeration'
      readonly values: Readonly<Record<string, string>>
      readonly maxCharacters: number | null
    }
  /** float4. A number whose nearest float4 reads, in its shortest decimal, as another double is rounded. */
  | { readonly kind: 'real' }
  /** character(n): TEXT of at most so many characters; PostgreSQL fills it with blanks, which are no part of its value. */
  | { readonly kind: 'character'; readonly characters: number }
  /** A length of time as text of ISO 8601, Python or PostgreSQL; an INTEGER where `unit` says what it counts. */
  | { readonly kind: 'interval'; readonly unit: 'microseconds' | null }
  /** inet, or cidr where `isNetwork`: TEXT with an address of IPv4 or IPv6 and, after a slash, its length. */
  | { readonly kind: 'address'; readonly isNetwork: boolean }
  /** bit(n), or bit varying(n) where `isVarying`: TEXT of 0 and 1. */
  | { readonly kind: 'bits'; readonly length: number | null; readonly isVarying: boolean }
  /** money, with so many digits after the point as the server's lc_monetary says. Refuses finer amounts. */
  | { readonly kind: 'money'; readonly digits: number; readonly form: 'integer' | 'real' | 'text' }
  /** xml: TEXT; a declaration that says nothing (version 1.0, UTF-8) is left out, any other is refused. */
  | { readonly kind: 'xml' }
  /** A one-dimensional array from TEXT that is a JSON array. `oid`: of the element's type. */
  | { readonly kind: 'array'; readonly oid: number; readonly element: Conversion }
  /**
   * A type that only the server reads and prints, of an application's schema (ranges, hstore, composite types …). `values`: for each
   * text of the column, or number as text, what the server's own input made of it; null where it takes none.
   */
  | {
      readonly kind: 'server-text'
      readonly type: string
      readonly form: 'text' | 'integer'
      readonly values: Readonly<Record<string, ServerValue | null>>
    }

/** What a server made of a text: the field that its binary copy sends, in hexadecimal, and how it prints the value. */
export type ServerValue = { readonly field: string; readonly text: string }

export type BooleanForm =
  | 'integer'
  | 'true'
  | 'True'
  | 'TRUE'
  | 't'
  | 'T'
  | 'yes'
  | 'Yes'
  | 'YES'
  | 'y'
  | 'Y'
  | 'on'
export type UuidForm = 'lower' | 'upper' | 'lower-bare' | 'upper-bare' | 'blob' | 'none'
/**
 * What a number of a time column counts. By default: since 1970-01-01T00:00:00Z. `julian-days` to the millisecond, as SQLite
 * reads them · `core-data-seconds` since 2001 · `mac-seconds` since 1904 · `webkit-microseconds` since 1601 · `filetime` 100 ns since 1601
 * · `dotnet-ticks` 100 ns since the year 1 · `excel-days` since 1899-12-30 · the last three are a date's digits, read as such.
 */
export const epochUnits = [
  'seconds',
  'milliseconds',
  'microseconds',
  'nanoseconds',
  'julian-days',
  'core-data-seconds',
  'mac-seconds',
  'webkit-microseconds',
  'filetime',
  'dotnet-ticks',
  'excel-days',
  'yyyymmdd',
  'yyyymmddhhmm',
  'yyyymmddhhmmss',
] as const
export type EpochUnit = (typeof epochUnits)[number]

/** Units that count what a clock shows, in no zone: their moments are local times, as a text without a zone is. */
const wallUnits: ReadonlySet<EpochUnit> = new Set([
  'dotnet-ticks',
  'excel-days',
  'yyyymmdd',
  'yyyymmddhhmm',
  'yyyymmddhhmmss',
])

export function isWallUnit(unit: EpochUnit): boolean {
  return wallUnits.has(unit)
}

export type DigitsUnit = Extract<EpochUnit, `yyyy${string}`>

export function isDigitsUnit(unit: EpochUnit): unit is DigitsUnit {
  return unit.startsWith('yyyy')
}

/**
 * A usual spelling of a time: storage class, then for text the date-time separator, the count of fraction digits and the zone's spelling.
 * `date-only` is YYYY-MM-DD. Null when the column has none that prevails.
 */
export type TimeForm =
  | { readonly storage: 'integer' | 'real' }
  | {
      readonly storage: 'text'
      readonly separator: 'T' | ' ' | 'date-only' | 'time-only'
      /** -1: minutes only · 0: whole seconds · 1 to 9. */
      readonly fraction: number
      readonly zone: '' | 'Z' | '+00:00' | '+0000' | '+00' | ' UTC'
    }
  | null

export type TimeParameters = {
  /** IANA name in which a time without zone is read; also turns an instant into a wall-clock time where the target has no zone. */
  readonly zone: string
  /** What a number means; null refuses numbers. */
  readonly epoch: EpochUnit | null
  readonly form: TimeForm
  /** Digits after the second that the target keeps, as in `timestamp(3)`; absent: six, or none of a date. */
  readonly precision?: number
  /** Which number is the day in texts such as 05/01/2024; absent: they are no times. */
  readonly order?: DateOrder
}

export type DecimalPoint = '.' | ','

export type DateOrder = 'day-first' | 'month-first'

/** Why a cell or a row was refused: stable codes, in reports and in quarantine. Their sentences are in `finding-codes.ts`. */
export const rejectCodes = [
  'not-an-integer',
  'integer-out-of-range',
  'not-a-number',
  'not-finite',
  'numeric-overflow',
  'text-too-long',
  'nul-in-text',
  'invalid-utf8',
  'not-a-boolean',
  'not-a-time',
  'time-out-of-range',
  'time-in-gap',
  'not-a-uuid',
  'not-json',
  'json-not-representable',
  'unexpected-blob',
  'unexpected-number',
  'not-in-enumeration',
  'null-in-not-null',
  'value-too-large',
  'row-too-large',
  'orphan',
  /** A fold's child without a parent row. */
  'no-parent',
  /** A fold's child whose parent row was refused. */
  'parent-refused',
  /** Refused by the server; the reason holds SQLSTATE and its message. */
  'refused-by-server',
  /** A row of PostgreSQL that the SQLite files refused when the application was moved back to them. */
  'refused-by-old-layout',
  'not-an-interval',
  'not-an-address',
  'not-bits',
  'not-an-array',
  'xml-declaration',
  'not-of-type',
] as const

export type RejectCode = (typeof rejectCodes)[number]
