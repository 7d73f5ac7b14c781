/**
 * How a source cell becomes a target value: a closed list of kinds, each with its parameters, as plain data. Each file of
 * `encode/conversions/` implements one kind. Null becomes null in every kind.
 *
 * A cell is `exact` when the conversion's inverse returns the same cell (storage class and bytes), `normalized` when its meaning is kept
 * but not its spelling, `rounded` when the value changed within the target's declared scale. `form` is the column's usual spelling, from
 * the census, which the inverse writes.
 */
export type Conversion =
  /** INTEGER; whole REAL and whole-number TEXT are normalized. Refuses values that do not fit into `bytes`. */
  | { readonly kind: 'integer'; readonly bytes: 2 | 4 | 8; readonly form: 'integer' | 'text' }
  /** REAL; INTEGER within 2^53 and decimal TEXT that reads back unchanged are normalized. */
  | { readonly kind: 'double' }
  /** INTEGER, REAL (as the shortest decimal that reads back unchanged) and decimal TEXT; rounded half away from zero to the scale. */
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
  /** Local time; text with a zone is refused. */
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
   * `document`: TEXT that is JSON becomes that JSON; any other text (and JSON that jsonb would damage or refuse: duplicate keys, \u0000,
   * lone surrogates, numbers out of range) becomes a JSON string. `string`: TEXT always becomes a JSON string. Numbers become numbers
   * (±Infinity {"$real": "Infinity"}), BLOB {"$blob": base64}, text that is invalid UTF-8 or contains U+0000 {"$text": base64}.
   * `only-documents`: TEXT, and BLOB that is UTF-8 text, must be JSON that jsonb keeps; nothing is wrapped, and everything else is refused.
   * `jsonb` is compared by meaning, `json` keeps the text.
   */
  | {
      readonly kind: 'json'
      readonly text: 'document' | 'string' | 'only-documents'
      readonly storage: 'json' | 'jsonb'
    }
  /** BLOB; TEXT as its UTF-8 bytes is normalized. Numbers are refused. */
  | { readonly kind: 'bytes' }
  /** TEXT by a list of known spellings (exact match, then trimmed and case-folded); a value outside of the list is refused. */
  | {
      readonly kind: 'enumeration'
      readonly values: Readonly<Record<string, string>>
      readonly maxCharacters: number | null
    }
  /** float4. A number is rounded when the shortest decimal of its nearest float4 reads as a different double. */
  | { readonly kind: 'real' }
  /** character(n): TEXT of at most `characters`; PostgreSQL pads it with blanks, which are not part of its value. */
  | { readonly kind: 'character'; readonly characters: number }
  /** An interval as text of ISO 8601, Python or PostgreSQL, or an INTEGER in `unit`; with null, INTEGER is refused. */
  | { readonly kind: 'interval'; readonly unit: 'microseconds' | null }
  /** inet, or cidr when `isNetwork`: TEXT with an IPv4 or IPv6 address and, after a slash, the length of its prefix. */
  | { readonly kind: 'address'; readonly isNetwork: boolean }
  /** bit(n), or bit varying(n) when `isVarying`: TEXT of 0 and 1. */
  | { readonly kind: 'bits'; readonly length: number | null; readonly isVarying: boolean }
  /** money, with as many fractional digits as the server's lc_monetary defines. Refuses finer amounts. */
  | { readonly kind: 'money'; readonly digits: number; readonly form: 'integer' | 'real' | 'text' }
  /** xml: TEXT; a declaration of the defaults (version 1.0, UTF-8) is removed, any other is refused. */
  | { readonly kind: 'xml' }
  /** A one-dimensional array from TEXT that is a JSON array. `oid`: object id of the element's type. */
  | { readonly kind: 'array'; readonly oid: number; readonly element: Conversion }
  /**
   * A type of an application's schema that only the server can parse and print (ranges, hstore, composite types …). `values`: the server's
   * result for each text of the column, or number as text; null when the server refuses it.
   */
  | {
      readonly kind: 'server-text'
      readonly type: string
      readonly form: 'text' | 'integer'
      readonly values: Readonly<Record<string, ServerValue | null>>
    }

/** The server's result for a text: the field of its binary COPY, in hexadecimal, and the text that it prints. */
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
 * The unit of numbers in a time column. By default since 1970-01-01T00:00:00Z. `julian-days` to the millisecond, as SQLite reads them ·
 * `core-data-seconds` since 2001 · `mac-seconds` since 1904 · `webkit-microseconds` since 1601 · `filetime` 100 ns since 1601 ·
 * `dotnet-ticks` 100 ns since the year 1 · `excel-days` since 1899-12-30 · the last three are the digits of a date.
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

/** Units of local time without a zone; like text without a zone, they are read in the zone of the options. */
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
 * A usual spelling of a time: storage class, then for text the separator of date and time, the number of fractional digits, and the zone's
 * spelling. `date-only` is YYYY-MM-DD. Null when no spelling prevails.
 */
export type TimeForm =
  | { readonly storage: 'integer' | 'real' }
  | {
      readonly storage: 'text'
      readonly separator: 'T' | ' ' | 'date-only' | 'time-only'
      /** -1 for minutes only, 0 for whole seconds, else 1 to 9 digits. */
      readonly fraction: number
      readonly zone: '' | 'Z' | '+00:00' | '+0000' | '+00' | ' UTC'
    }
  | null

export type TimeParameters = {
  /** IANA name of the zone of times without one; also used to convert an instant to local time when the target has no zone. */
  readonly zone: string
  /** The unit of numbers; null to refuse numbers. */
  readonly epoch: EpochUnit | null
  readonly form: TimeForm
  /** Fractional digits of the second that the target keeps, as in `timestamp(3)`; absent: six, or none for a date. */
  readonly precision?: number
  /** Which number is the day in texts such as 05/01/2024; absent: such texts are no times. */
  readonly order?: DateOrder
}

export type DecimalPoint = '.' | ','

export type DateOrder = 'day-first' | 'month-first'

/** Why a cell or a row was refused: stable codes in reports and quarantine. Their sentences are in `reject-sentences.ts`. */
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
  /** A child row of a fold without a parent row. */
  'no-parent',
  /** A child row of a fold whose parent row was refused. */
  'parent-refused',
  /** Refused by the server; the reason contains its message. */
  'refused-by-server',
  /** A row of PostgreSQL that the SQLite files refused during a move back. */
  'refused-by-old-layout',
  'not-an-interval',
  'not-an-address',
  'not-bits',
  'not-an-array',
  'xml-declaration',
  'not-of-type',
] as const

export type RejectCode = (typeof rejectCodes)[number]
