/** Begins a run: searches for databases, chooses among them, and prepares them in the run's own folder. */
import { type RunContext, runPhase } from '../../events/run-context.ts'
import type { RunSummary } from '../../model/answers.ts'
import { MigrateError } from '../../model/errors.ts'
import type { Finding } from '../../model/finding.ts'
import { besidePath, type Discovery, type FoundDatabase } from '../../model/snapshot.ts'
import type { TargetProbe } from '../../model/target-probe.ts'
import { discover } from '../../source/discover/discover.ts'
import type { TargetAddress } from '../../target/address/address.ts'
import { chooseDatabases } from './choose-databases.ts'
import { openRunFolder } from './open-run-folder.ts'
import { type Prepared, prepare } from './prepare.ts'
import type { RunRequest } from './run-request.ts'

export async function prepareAnew(
  request: RunRequest,
  server: {
    readonly probe: TargetProbe
    readonly address: TargetAddress
    readonly runs: readonly RunSummary[]
  } | null,
  context: RunContext,
): Promise<Prepared> {
  const discovery = await runPhase(context, 'discover', 0, 'database', () =>
    discover(request.sources, {
      salvage: request.salvage,
      // The snapshots are read completely, and the plan says how many rows there are.
      checksPages: false,
      countsRows: false,
      onFound: (database) => context.emit({ type: 'database-found', database }),
      onPassedOver: (passedOver) => context.emit({ type: 'path-passed-over', passedOver }),
    }),
  )
  refuseUnusable(discovery)
  const hint = 'Name a file or a folder: --source PATH.'
  const databases = chooseDatabases(discovery, { ...request, hint })
  const { workFolder, keepDays } = request
  const place = openRunFolder({ workFolder, keepDays, runs: server?.runs ?? [] })
  const { run, folder } = place
  const { as, mapping, planFile = null, trustsMapping = false, options, salvage } = request
  const findings = [...place.findings, ...discovery.databases.flatMap(leftOut)]
  return prepare(
    {
      run,
      folder,
      databases,
      as,
      mapping,
      planFile,
      trustsMapping,
      options,
      edits: [],
      probe: server?.probe ?? null,
      address: server?.address ?? null,
      salvage,
      findings,
    },
    context,
  )
}

/** A file without SQLite's header whose name looks like a database's: it may be no database at all. */
const MAYBE_NO_DATABASE = 'encrypted-or-not-a-database'

/** Throws for a database that cannot be read, whose absence would go unnoticed in a run without questions. */
function refuseUnusable({ databases }: Discovery): void {
  for (const { path, health } of databases) {
    if (health.kind !== 'unreadable' || health.code === MAYBE_NO_DATABASE) continue
    throw new MigrateError('source', health.code, health.detail, {
      hint: `To move the others without ${path}, name them: --source FILE, as often as needed.`,
    })
  }
}

function leftOut({ database, path, health }: FoundDatabase): Finding[] {
  if (health.kind !== 'unreadable') return []
  const message = `${path} was left out: ${besidePath(path, health.detail)}`
  return [{ severity: 'warning', code: health.code, database, message }]
}
