/** An exact run and its way back, in the test's own process. */
import { join } from 'node:path'
import { RunControl } from '../../../src/engine/events/control.ts'
import { exportTarget } from '../../../src/engine/run/past-runs/export-target.ts'
import type { RunRequest } from '../../../src/engine/run/prepare/run-request.ts'
import type { FreshDatabase } from '../../support/databases.ts'
import { runForTest } from '../../support/run.ts'

const context = { control: new RunControl(), emit: () => {} }

export async function migrateExactly(
  sources: string,
  database: FreshDatabase,
  folder: string,
  allowMissing = false,
  request: Partial<RunRequest> = {},
) {
  const { report } = await runForTest({
    sources: [sources],
    url: database.url,
    workFolder: join(folder, 'work'),
    options: { exact: true, allowMissing },
    request,
  })
  return report
}

export function exportFrom(database: FreshDatabase, folder: string) {
  return exportTarget(
    { target: { target: database.url, env: {}, workFolder: folder, port: null }, run: null, folder },
    context,
  )
}
