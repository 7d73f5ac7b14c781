import type { Block, BlockOutcome } from './block.ts'
import type { Catalog } from './catalog.ts'
import type { RejectCode } from './conversion.ts'
import type { Plan } from './plan.ts'
import type { Snapshot } from './snapshot.ts'
import type { StoredCell } from './storage.ts'

/** The record of a run in the target's schema `gpt_migrate`. */
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

/**
 * `creating`, `copying`, `indexing` and `verifying` are unfinished: the next start resumes there. `removing`: a rollback in several
 * transactions has begun, which only another rollback continues.
 */
export type RunStatus = 'creating' | 'copying' | 'indexing' | 'verifying' | 'finished' | 'failed' | 'removing'

/** An object that the run created, and that rollback removes. */
export type CreatedObject = {
  readonly kind: 'schema' | 'table' | 'view' | 'extension' | 'type'
  readonly schema: string | null
  readonly name: string
  /** The object id of a table, which distinguishes it from a table that replaced it. */
  readonly oid?: string
}

export type BlockRecord = { readonly block: Block; readonly outcome: BlockOutcome | null }

/** A refused source row. Unique by (run, tableId, key, ordinal), however often the run resumes. */
export type QuarantineEntry = {
  readonly tableId: string
  readonly block: number
  readonly key: readonly StoredCell[]
  /** The row's number in key order, from 1; distinguishes rows without a key. */
  readonly ordinal: number
  /** By source column. */
  readonly cells: Readonly<Record<string, StoredCell>>
  readonly column: string | null
  readonly code: RejectCode
  readonly reason: string
}

/** A row that was loaded out of quarantine with edited cells. Unique by (run, tableId, ordinal). */
export type EditedRow = {
  readonly tableId: string
  readonly ordinal: number
  /** The edited cells; below, the same cells as the source has them. */
  readonly cells: Readonly<Record<string, StoredCell>>
  readonly originals: Readonly<Record<string, StoredCell>>
}

/**
 * What a target row cannot hold of its source rows. Unique by (run, tableId, key, ordinal). Child rows that became JSON in their parent's
 * row have one entry together: `tableId` is theirs, key, ordinal and target row are the parent's, and `members` are their cells.
 */
export type ArchiveEntry = {
  readonly tableId: string
  readonly block: number
  readonly key: readonly StoredCell[]
  readonly ordinal: number
  /**
   * `cells`: source cells of the row by column · `members`: one object for each row of a pivot's group, or each child row, that needs one.
   */
  readonly kind: 'cells' | 'members'
  readonly rows: readonly Readonly<Record<string, StoredCell>>[]
  /** `RowMatch` of the target row, 32 hex digits, when the table's key does not identify it; null when it does. */
  readonly targetRow: string | null
}

/** Number of a table's rows in quarantine, by column and code. */
export type QuarantineTally = {
  readonly tableId: string
  readonly column: string | null
  readonly code: RejectCode
  readonly rows: number
}
