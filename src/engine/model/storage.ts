/** SQLite's five storage classes (https://www.sqlite.org/datatype3.html#storage_classes_and_datatypes). */
export type StorageClass = 'null' | 'integer' | 'real' | 'text' | 'blob'

/** A value as SQLite stores it, in JavaScript: INTEGER is a bigint and REAL a number, so 5 and 5.0 stay apart. */
export type SqliteValue = null | bigint | number | string | Uint8Array

/**
 * A source cell as JSON, with its storage class, losslessly: the form of quarantine, archive and keys.
 * INTEGER and REAL are written as decimal text (REAL in the shortest form that reads back the same, `-0`, `Infinity` or
 * `-Infinity`). `text` only for valid UTF-8 without U+0000 (jsonb refuses it), else `textBase64` of the UTF-8 bytes; BLOB as base64.
 */
export type StoredCell =
  | null
  | { readonly integer: string }
  | { readonly real: string }
  | { readonly text: string }
  | { readonly textBase64: string }
  | { readonly blob: string }
