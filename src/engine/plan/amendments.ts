/** What differs from the mapping's DDL before any data is looked at: its own amendments, and what the server lacks. */
import type { Mapping } from '../model/mapping.ts'
import type { TargetProbe } from '../model/plan.ts'
import type { Notes } from './findings.ts'

export type ServerFit = {
  readonly extensions: readonly string[]
  /** The function of the UUID columns' defaults. */
  readonly uuidFunction: string
}

/** Extensions that the role may create without being superuser, from their control files (`trusted = true`). */
const trusted = new Set(['uuid-ossp'])

/** Which of the mapping's extensions can be had, and what stands in for the others. */
export function fitServer(
  mapping: Mapping,
  probe: TargetProbe | null,
  timeseries: string,
  notes: Notes,
): ServerFit {
  const isInstalled = (name: string): boolean => probe?.installedExtensions.includes(name) ?? false
  const mayCreate = (name: string): boolean =>
    (probe?.availableExtensions.includes(name) ?? false) && (probe?.superuser === true || trusted.has(name))
  const extensions = mapping.extensions.filter((name) => {
    if (isInstalled(name)) return true
    // TimescaleDB must be loaded with the server: only who asks for it, or has it, gets it.
    if (name === 'timescaledb' && timeseries !== 'timescaledb') return false
    return mayCreate(name)
  })
  for (const name of mapping.extensions) {
    if (extensions.includes(name)) continue
    const hasIt = probe?.availableExtensions.includes(name) ?? false
    const why =
      probe === null
        ? 'the plan was made without a server'
        : !hasIt
          ? 'the server does not have it'
          : name === 'timescaledb'
            ? 'native partitions are used; --timeseries timescaledb takes it'
            : 'the role may not create it'
    notes.find({
      severity: 'notice',
      code: 'extension-missing',
      message: `The extension ${name} is not created: ${why}.`,
    })
  }
  if (timeseries === 'timescaledb') {
    notes.find({
      severity: 'warning',
      code: 'native-partitions',
      message: 'Monthly partitions of PostgreSQL are made; hypertables are not.',
    })
  }
  // An extension that is there already may live in any schema; gen_random_uuid() is in every server from 13 on and makes the same
  // kind of UUID (https://www.postgresql.org/docs/current/functions-uuid.html).
  const createsUuids = extensions.includes('uuid-ossp') && !isInstalled('uuid-ossp')
  if (!createsUuids && mapping.extensions.includes('uuid-ossp')) {
    notes.amend(
      'uuid-function',
      '',
      'UUID columns default to gen_random_uuid() where the plan has uuid_generate_v4(): both make random UUIDs.',
    )
  }
  return { extensions, uuidFunction: createsUuids ? 'public.uuid_generate_v4()' : 'gen_random_uuid()' }
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
