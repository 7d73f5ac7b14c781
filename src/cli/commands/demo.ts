/** Sample databases into an embedded PostgreSQL: what a newcomer runs first. */
import { join } from 'node:path'
import type { EngineThread } from '../../engine/door/index.ts'
import { formatCounted } from '../../ui/format.ts'
import { refuseUnwritable } from '../output-file.ts'
import type { Arguments } from '../parse-arguments.ts'
import { runRequestOf } from '../requests.ts'
import type { World } from '../world.ts'
import { lineFace } from './run.ts'

export async function performDemo(given: Arguments, engine: EngineThread, world: World): Promise<number> {
  refuseUnwritable('report', given.report)
  const home = { ...given, workFolder: join(given.folder, 'work') }
  const target = given.target ?? `embedded:${join(given.folder, 'postgres')}`
  const {
    sources: _sources,
    mapping: _mapping,
    planFile: _planFile,
    truncate: _truncate,
    as: _as,
    dryRun: _dryRun,
    salvage: _salvage,
    startOver: _startOver,
    ...run
  } = runRequestOf({ ...home, target, sources: [join(given.folder, 'databases')] }, world)
  if (!given.json)
    world.print(
      `Sample databases with about ${formatCounted(given.rows, 'row')} in ${join(given.folder, 'databases')}`,
    )
  const { report } = await engine.call(
    'runDemo',
    { folder: given.folder, rows: given.rows, run },
    lineFace(given, world).hear,
  )
  return report?.exitCode ?? 0
}
