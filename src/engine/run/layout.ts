/**
 * What the copy needs besides the plan, derived from the snapshots before anything is written: the staging file of folds and
 * pivots, the references without a parent, and the blocks. Invariant: equal snapshots and plan give an equal layout.
 */
import { join } from 'node:path'
import type { Block } from '../model/block.ts'
import { cutAllBlocks } from '../source/blocks.ts'
import { findOrphans, type OrphanLists } from '../source/orphans.ts'
import { buildStaging, needsStaging } from '../source/staging.ts'
import type { Prepared } from './prepare.ts'

export type Layout = {
  /** Path of the staging file; null when no table is folded or pivoted. */
  readonly staging: string | null
  readonly orphans: OrphanLists
  readonly blocks: readonly Block[]
}

export function deriveLayout({ plan, snapshots, folder, censuses }: Prepared): Layout {
  const staging = needsStaging(plan) ? join(folder, 'staging.db') : null
  if (staging !== null) buildStaging(plan, snapshots, staging)
  const orphans = findOrphans(plan, snapshots)
  const blocks = cutAllBlocks(plan, snapshots, staging, censuses)
  return { staging, orphans, blocks }
}
