/** A plan as its file has it, without what is read from the snapshots again. */
import type { CopyPlan, Plan, TablePlan } from '../model/plan.ts'
import type { YamlFile } from './yaml-file.ts'

export type WrittenCopy = Omit<CopyPlan, 'read'> & { readonly read: Omit<CopyPlan['read'], 'table'> }

export type WrittenTable = Omit<TablePlan, 'fate'> & {
  readonly fate:
    | Exclude<TablePlan['fate'], { kind: 'copy' }>
    | { readonly kind: 'copy'; readonly copy: WrittenCopy }
}

export type Written = Omit<Plan, 'tables' | 'sources' | 'sourceRows' | 'findings' | 'amendments'> & {
  readonly sources: readonly { readonly database: string; readonly role: string | null }[]
  readonly tables: readonly WrittenTable[]
  readonly findings?: unknown
  readonly amendments?: Plan['amendments']
}

export type PlanFile = {
  readonly written: Written
  readonly read: YamlFile
  /** Collects SQL outside the closed list when the person trusts the file; null: such SQL is refused. */
  readonly trusted: Set<string> | null
}
