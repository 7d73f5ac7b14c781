/** What the wizard asks the engine to do; answers come back as actions. Plain data. */
import type {
  EngineCommand,
  PlanEdit,
  PlanOptions,
  Prepared,
  Request,
  RunRecord,
  TableName,
  TargetTest,
} from '../../engine/door/index.ts'
import type { PlanChanges } from './preview.ts'

export type Effect =
  | { readonly type: 'know-mapping' }
  | { readonly type: 'recall-target' }
  | { readonly type: 'search'; readonly search: number; readonly paths: readonly string[] }
  | { readonly type: 'test-target'; readonly id: number; readonly target: string | null }
  | { readonly type: 'create-database'; readonly id: number; readonly target: string | null }
  | { readonly type: 'resume'; readonly job: number; readonly record: RunRecord }
  | { readonly type: 'start-over'; readonly id: number; readonly run: string; readonly target: string | null }
  | { readonly type: 'prepare'; readonly job: number; readonly plan: PlanWish }
  | { readonly type: 'replan'; readonly job: number; readonly plan: PlanWish; readonly prepared: Prepared }
  | { readonly type: 'sample'; readonly job: number; readonly tableId: string; readonly prepared: Prepared }
  | {
      readonly type: 'ddl'
      readonly job: number
      readonly tableId: string
      readonly table: TableName
      readonly prepared: Prepared
      readonly serverMajor: number | null
    }
  | {
      readonly type: 'save-plan'
      readonly file: string
      readonly prepared: Prepared
      readonly changes: PlanChanges
    }
  | {
      readonly type: 'migrate'
      readonly prepared: Prepared
      readonly address: TargetTest['address']
      /** The folder of the embedded server that is the target; null for another target. */
      readonly embedded: string | null
      readonly resumed: RunRecord | null
    }
  | { readonly type: 'command'; readonly command: EngineCommand }
  | { readonly type: 'list-rejects'; readonly run: string }
  | {
      readonly type: 'verify-run'
      readonly asked: number
      readonly run: string
      readonly target: string | null
    }
  | {
      readonly type: 'preview-rollback'
      readonly asked: number
      readonly run: string
      readonly target: string | null
    }
  | {
      readonly type: 'roll-back'
      readonly asked: number
      readonly run: string
      readonly target: string | null
      /** The database's name, as typed. */
      readonly database: string
    }
  | { readonly type: 'follow'; readonly run: string; readonly target: string | null }
  | {
      readonly type: 'cut-over'
      readonly target: string | null
      readonly request: Omit<Request<'cutOver'>, 'target'>
    }
  | {
      readonly type: 'judge-queries'
      readonly path: string
      readonly run: string
      readonly target: string | null
    }
  | { readonly type: 'complete-path'; readonly text: string }
  | { readonly type: 'make-samples' }
  /** Copies to the terminal's clipboard. */
  | { readonly type: 'copy'; readonly text: string }
  | { readonly type: 'open-file'; readonly path: string }
  | { readonly type: 'leave' }

export type PlanWish = {
  readonly databases: readonly { readonly database: string; readonly path: string }[]
  readonly options: PlanOptions
  readonly edits: readonly PlanEdit[]
  readonly salvage: boolean
}
