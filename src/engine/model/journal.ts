import type { Block, BlockOutcome } from './block.ts'
import type { Catalog } from './catalog.ts'
import type { RejectCode } from './conversion.ts'
import type { Plan } from './plan.ts'
import type { Snapshot } from './snapshot.ts'
import type { StoredCell } from './storage.ts'

/** What schema `gpt_migrate` of the target records of a run. */
export type RunRecord = {
  readonly run: string
  readonly formatVersion: 1
  readonly programVersion: string
  readonly planHash: string
  readonly plan: Plan
  readonly catalogs: readonly Catalog[]
  readonly snapshots: readonly Snapshot[]
  readonly created: readonly CreatedObject[]
  readonly status: RunStatus
  readonly startedAt: string
  readonly finishedAt: string | null
}

/** `copying` and `indexing` are unfinished: the next start continues there. */
export type RunStatus = 'copying' | 'indexing' | 'verifying' | 'finished' | 'failed'

/** An object that the run created, and that rollback removes. */
export type CreatedObject = {
  readonly kind: 'schema' | 'table' | 'view' | 'extension' | 'type'
  readonly schema: string | null
  readonly name: string
  /** Of a table: its object id, which distinguishes it from a table that took its place. */
  readonly oid?: string
}

export type BlockRecord = { readonly block: Block; readonly outcome: BlockOutcome | null }

/** A refused source row. Unique in (run, tableId, key, ordinal): once, however often the run resumes. */
export type QuarantineEntry = {
  readonly tableId: string
  readonly block: number
  readonly key: readonly StoredCell[]
  /** The row's number in key order, from 1: tells rows without a key apart. */
  readonly ordinal: number
  /** By source column. */
  readonly cells: Readonly<Record<string, StoredCell>>
  readonly column: string | null
  readonly code: RejectCode
  readonly reason: string
}

/** A row that was loaded out of quarantine with cells that a person had edited. Unique in (run, tableId, ordinal). */
export type EditedRow = {
  readonly tableId: string
  readonly ordinal: number
  /** The cells that were edited, as they are now and as the source has them. */
  readonly cells: Readonly<Record<string, StoredCell>>
  readonly originals: Readonly<Record<string, StoredCell>>
}

/**
 * What a target row can't hold of its source rows. Unique in (run, tableId, key, ordinal). Of children that became JSON in their
 * parent's row, all in one entry: `tableId` is theirs, key, ordinal and target row their parent's, and `members` their cells.
 */
export type ArchiveEntry = {
  readonly tableId: string
  readonly block: number
  readonly key: readonly StoredCell[]
  readonly ordinal: number
  /** `cells`: source cells of the row by column · `members`: one object for each row of a pivot's group that needs one. */
  readonly kind: 'cells' | 'members'
  readonly rows: readonly Readonly<Record<string, StoredCell>>[]
  /** Of a table whose key doesn't name its target row: `RowMatch` of that row, 32 hex digits. Null where the key does. */
  readonly targetRow: string | null
}

/** Rows in quarantine of one table, by column and code. */
export type QuarantineTally = {
  readonly tableId: string
  readonly column: string | null
  readonly code: RejectCode
  readonly rows: number
}
