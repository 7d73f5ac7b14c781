/** SQLite's five storage classes (https://www.sqlite.org/datatype3.html#storage_classes_and_datatypes). */
export type StorageClass = 'null' | 'integer' | 'real' | 'text' | 'blob'

/** A value as SQLite stores it, in JavaScript: INTEGER is a bigint and REAL a number, so that 5 and 5.0 stay distinct. */
export type SqliteValue = null | bigint | number | string | Uint8Array

/**
 * A source cell with its storage class as lossless JSON: the form in quarantine, archive and keys. INTEGER and REAL are decimal text
 * (REAL in the shortest form that reads back unchanged, `-0`, `Infinity` or `-Infinity`). `text` is valid UTF-8 without U+0000, which
 * jsonb refuses; other text is `textBase64` of its UTF-8 bytes, and BLOB is base64.
 */
export type StoredCell =
  | null
  | { readonly integer: string }
  | { readonly real: string }
  | { readonly text: string }
  | { readonly textBase64: string }
  | { readonly blob: string }
