/** What differs from the mapping's DDL before any data is read: its own amendments, and what the server lacks. */
import type { Mapping } from '../../model/mapping.ts'
import type { TargetProbe } from '../../model/target-probe.ts'
import { isAtLeast, OLDEST_TIMESCALE } from '../../target/extensions/extension-version.ts'
import type { Notes } from '../base/findings.ts'

type ServerFit = {
  readonly extensions: readonly string[]
  /** The function of the UUID columns' defaults. */
  readonly uuidFunction: string
  /** Null when time series become native partitions rather than hypertables. */
  readonly timescale: Timescale | null
}

export type Timescale = {
  /** The schema of its functions. */
  readonly schema: string
  readonly version: string
  readonly license: string
}

/** Extensions that the role may create without being superuser, from their control files (`trusted = true`). */
const trusted = new Set(['uuid-ossp', 'timescaledb'])

/** Extensions that do nothing, or end the session, unless the server loads them when it starts. */
const preloaded = new Set(['pg_stat_statements', 'timescaledb'])

/** Assumed when the probe does not report it. */
const NEWEST_TRIED = { version: '2.28', license: 'timescale' }

/** Returns the mapping's extensions that are available, and what replaces the others. */
export function fitServer(
  mapping: Mapping,
  probe: TargetProbe | null,
  timeseries: string,
  notes: Notes,
): ServerFit {
  const isInstalled = (name: string): boolean => probe?.installedExtensions.includes(name) ?? false
  const mayCreate = (name: string): boolean =>
    (probe?.availableExtensions.includes(name) ?? false) && (probe?.superuser === true || trusted.has(name))
  const isLoaded = (name: string): boolean => probe?.loadedExtensions?.includes(name) ?? false
  const { timescale = NEWEST_TRIED } = probe ?? {}
  const isTooOld = !isAtLeast(timescale.version, OLDEST_TIMESCALE)
  const wanted = [...new Set([...mapping.extensions, ...(hasTimeseries(mapping) ? ['timescaledb'] : [])])]
  const extensions = wanted.filter((name) => {
    if (name === 'timescaledb')
      return timeseries !== 'native' && !isTooOld && isLoaded(name) && (isInstalled(name) || mayCreate(name))
    return isInstalled(name) || mayCreate(name)
  })
  for (const name of wanted) {
    if (extensions.includes(name)) continue
    const hasIt = probe?.availableExtensions.includes(name) ?? false
    const why =
      probe === null
        ? 'the plan was made without a server'
        : !hasIt
          ? 'the server does not have it'
          : name === 'timescaledb' && timeseries === 'native'
            ? 'native partitions were asked for'
            : preloaded.has(name) && !isLoaded(name)
              ? `the server does not load it: add it to shared_preload_libraries and restart the server`
              : name === 'timescaledb' && isTooOld
                ? `its version ${timescale.version} is older than ${OLDEST_TIMESCALE.join('.')}`
                : 'the role may not create it'
    notes.find({
      severity: 'notice',
      code: 'extension-missing',
      message: `The extension ${name} is not created: ${why}.`,
    })
  }
  for (const name of extensions) {
    if (!preloaded.has(name) || isLoaded(name) || probe?.loadedExtensions === undefined) continue
    notes.find({
      severity: 'warning',
      code: 'extension-not-loaded',
      message: `The extension ${name} does nothing on this server: add it to shared_preload_libraries and restart the server.`,
    })
  }
  const hasTimescale = extensions.includes('timescaledb')
  if (timeseries === 'timescaledb' && !hasTimescale) {
    notes.find({
      severity: 'error',
      code: 'timescaledb-missing',
      message: `--timeseries timescaledb is not possible: ${probe === null ? 'the plan was made without a server' : 'the server does not have the extension, does not load it, or the role may not create it'}.`,
      hint: 'Use native partitions: --timeseries native.',
    })
  }
  // An existing extension may be in any schema; gen_random_uuid() is in every server from version 13 on and makes the same kind of
  // UUID (https://www.postgresql.org/docs/current/functions-uuid.html).
  const createsUuids = extensions.includes('uuid-ossp') && !isInstalled('uuid-ossp')
  if (!createsUuids && mapping.extensions.includes('uuid-ossp')) {
    notes.amend(
      'uuid-function',
      '',
      'UUID columns default to gen_random_uuid() where the plan has uuid_generate_v4(): both make random UUIDs.',
    )
  }
  return {
    extensions,
    uuidFunction: createsUuids ? 'public.uuid_generate_v4()' : 'gen_random_uuid()',
    timescale: hasTimescale
      ? { schema: probe?.extensionSchemas?.timescaledb ?? 'public', ...timescale }
      : null,
  }
}

/** Whether the mapping has a `timeseries`; the built-in one has only monthly partitions. */
function hasTimeseries({ databases, schemas }: Mapping): boolean {
  const sources = Object.values(databases).flatMap(({ tables }) => Object.values(tables))
  const designed = Object.values(schemas).flatMap((tables) => Object.values(tables))
  return [...sources, ...designed].some((words) => 'timeseries' in words && words.timeseries !== undefined)
}

/** The amendments that the mapping itself declares, by table. */
export function amendByDesign(mapping: Mapping, notes: Notes): void {
  for (const [schema, tables] of Object.entries(mapping.schemas)) {
    for (const [table, { amendments = {} }] of Object.entries(tables)) {
      for (const [code, message] of Object.entries(amendments))
        notes.amend(code, `${schema}.${table}`, message)
    }
  }
}
