/**
 * Derives what the copy needs besides the plan from the snapshots, before anything is written: the staging file of folds and pivots, and the
 * blocks. Invariant: equal snapshots, censuses and plan produce an equal layout.
 */
import { join } from 'node:path'
import { type Block, uncutBlock } from '../../model/block.ts'
import type { Census } from '../../model/census.ts'
import { type Plan, targetTableOf } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { referencesItself } from '../../plan/base/load-order.ts'
import { OpenSnapshot, openForRows } from '../../source/base/open-snapshot.ts'
import { largestRowsOf } from '../../source/base/row-size.ts'
import { cutBlocks } from '../../source/readers/blocks.ts'
import { buildStaging, needsStaging, openStaging, STAGING_FILE } from '../../source/staging/staging.ts'
import { usualBytes, usualRows } from './block-size.ts'

type Layout = {
  /** Path of the staging file; null when no table is folded or pivoted. */
  readonly staging: string | null
  readonly blocks: readonly Block[]
}

/** A prepared run, or one that is being prepared. */
type LaidOut = {
  readonly plan: Plan
  readonly snapshots: readonly Snapshot[]
  readonly censuses: readonly Census[]
  readonly folder: string
}

export function stagingFileOf({ plan, folder }: Pick<LaidOut, 'plan' | 'folder'>): string | null {
  return needsStaging(plan) ? join(folder, STAGING_FILE) : null
}

export function deriveLayout(prepared: LaidOut): Layout {
  const { plan, snapshots } = prepared
  const staging = stagingFileOf(prepared)
  if (staging !== null) buildStaging(plan, snapshots, staging)
  return { staging, blocks: cutAllBlocks(prepared, staging) }
}

function cutAllBlocks({ plan, snapshots, censuses }: LaidOut, stagingFile: string | null): Block[] {
  const largestRows = largestRowsOf(censuses)
  const staging = stagingFile === null ? null : openStaging(stagingFile)
  const open = new OpenSnapshot(openForRows)
  try {
    return plan.tables.flatMap((table) => {
      if (table.fate.kind === 'fold') return [uncutBlock(table.id)]
      if (table.fate.kind === 'exclude') return []
      const snapshot = snapshots.find((candidate) => candidate.database === table.database)!
      const { folds, pivot } = table.fate.copy
      // The rows of a fold's children are not counted in their parent's.
      const largest = folds.length === 0 && pivot === null ? largestRows[table.id] : undefined
      const rowBytes = Math.min(
        snapshot.bytes / Math.max(1, plan.sourceRows[table.id] ?? 0),
        Math.max(1, largest ?? Number.POSITIVE_INFINITY),
      )
      const rows = Math.max(1, Math.min(usualRows, Math.round(usualBytes / rowBytes)))
      // A table that refers to itself is loaded in one statement, at whose end its foreign keys are checked.
      const isUncut = referencesItself(targetTableOf(plan, table.fate.copy.target))
      const most = isUncut ? Number.MAX_SAFE_INTEGER : rows
      return cutBlocks(open.at(snapshot.file), table, {
        rowsPerBlock: most,
        counted: plan.sourceRows[table.id],
        staging,
      })
    })
  } finally {
    open.close()
  }
}
