/** Sets of source files as real installations may have them. Each `create` writes into an empty folder, the same bytes of data every time. */
import { brokerIds } from './broker-ids.ts'
import { camelCase } from './camel-case.ts'
import { dateOnly } from './date-only.ts'
import { emptyTables } from './empty-tables.ts'
import { epochSeconds } from './epoch-seconds.ts'
import { integerIds } from './integer-ids.ts'
import { missingFile } from './missing-file.ts'
import { nestedFiles } from './nested-files.ts'
import { printed } from './printed.ts'
import { troubled } from './troubled.ts'
import { uuidIds } from './uuid-ids.ts'

export type Dialect = {
  readonly name: string
  /** What a run needs to be told; nothing for most. */
  readonly allowMissing?: true
  /** Rows that every run must put into quarantine, by `database/table`. */
  readonly quarantined?: Readonly<Record<string, number>>
  readonly create: (folder: string) => void
}

export const dialects: readonly Dialect[] = [
  integerIds,
  uuidIds,
  brokerIds,
  epochSeconds,
  dateOnly,
  camelCase,
  printed,
  troubled,
  emptyTables,
  missingFile,
  nestedFiles,
]
