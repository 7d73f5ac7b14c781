/** The plan of a folder of databases, as a run would make it, without snapshots: the files are the tests' own and nobody writes them. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Mapping } from '../../../src/engine/model/mapping.ts'
import type { Plan, PlanOptions } from '../../../src/engine/model/plan.ts'
import type { PlanEdit } from '../../../src/engine/model/plan-edit.ts'
import type { SnapshotQueries } from '../../../src/engine/model/snapshot.ts'
import type { SqliteValue } from '../../../src/engine/model/storage.ts'
import type { TargetProbe } from '../../../src/engine/model/target-probe.ts'
import { buildPlan, type PlanInput } from '../../../src/engine/plan/build/build-plan.ts'
import { openReadOnly } from '../../../src/engine/source/base/sqlite.ts'
import { readCatalog } from '../../../src/engine/source/catalog/catalog.ts'
import { defineTextCheck } from '../../../src/engine/source/snapshot/snapshot-queries.ts'
import { gptTrader } from '../../../src/mappings/gpt-trader/index.ts'
import { usualOptions } from '../../support/plan-options.ts'
import { countValues } from './slow-census.ts'

export const plainProbe: TargetProbe = {
  major: 18,
  version: '18.0',
  availableExtensions: ['uuid-ossp', 'pg_stat_statements'],
  installedExtensions: [],
  superuser: true,
  existing: [],
}

export type PlanWishes = {
  readonly mapping?: Mapping
  readonly options?: Partial<PlanOptions>
  readonly edits?: readonly PlanEdit[]
  readonly roles?: Readonly<Record<string, string>>
  readonly probe?: TargetProbe | null
}

export function inputOf(folder: string, wishes: PlanWishes = {}): PlanInput & Disposable {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.db'))
    .sort()
  const opened = new Map(files.map((name) => [name, openReadOnly(join(folder, name))]))
  const catalogs = files.map((name) => readCatalog(opened.get(name)!, name))
  return {
    mapping: wishes.mapping ?? gptTrader,
    catalogs,
    censuses: catalogs.map((catalog) => countValues(opened.get(catalog.database)!, catalog)),
    snapshots: files.map((database) => ({ database, sha256: '0'.repeat(64), bytes: 4096 })),
    roles: new Map(Object.entries(wishes.roles ?? {})),
    options: { ...usualOptions, ...wishes.options },
    edits: wishes.edits ?? [],
    probe: wishes.probe === undefined ? plainProbe : wishes.probe,
    queries: openQueries(folder),
    [Symbol.dispose]: () => {
      for (const db of opened.values()) db.close()
    },
  }
}

export function planOf(folder: string, wishes: PlanWishes = {}): Plan {
  using input = inputOf(folder, wishes)
  return buildPlan(input)
}

export function openQueries(folder: string): SnapshotQueries {
  const rows: SnapshotQueries['rows'] = (databases, sql) => {
    const [main, other] = databases
    using db = openReadOnly(join(folder, main!))
    defineTextCheck(db)
    if (other !== undefined) db.prepare('attach ? as other').run(join(folder, other))
    return db.prepare(sql).safeIntegers().raw().all() as SqliteValue[][]
  }
  return { rows, iterate: rows }
}
