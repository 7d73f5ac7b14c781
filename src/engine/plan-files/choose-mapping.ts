/** Chooses the mapping for a set of databases, and makes the plan with it. */

import { automatic } from '../../mappings/auto.ts'
import { gptTrader } from '../../mappings/gpt-trader/index.ts'
import type { Catalog } from '../model/catalog.ts'
import type { Finding } from '../model/finding.ts'
import type { Mapping } from '../model/mapping.ts'
import type { MappingChoice } from '../model/options.ts'
import type { Plan } from '../model/plan.ts'
import { bySeverity } from '../plan/base/findings.ts'
import { buildPlan, type PlanInput } from '../plan/build/build-plan.ts'
import { planDataOnly } from '../plan/data-only/data-only.ts'
import { distributePlan } from '../plan/distribution/distribute.ts'
import { isFileOf } from '../plan/mapped/assign-tables.ts'
import { addSearch } from '../plan/search/add-search.ts'
import { planViews } from '../plan/views/plan-views.ts'
import { isFileNamed, refuseUnknownRoles, refuseUnknownTables } from './check-choices.ts'
import { checkNames } from './check-names.ts'
import { planOfFile, readPlanFile } from './plan-file.ts'
import { readMappingFile } from './read-mapping.ts'

/**
 * Returns the mapping's name, which names the plans made with it; null when the databases decide which mapping is used. Throws when the
 * file is no mapping.
 */
export function mappingName(choice: MappingChoice, isTrusted: boolean): string | null {
  return isFile(choice) ? readMappingFile(choice.file, isTrusted).mapping.name : choice
}

function isFile(choice: MappingChoice): choice is { readonly file: string } {
  return choice !== null && typeof choice === 'object'
}

type MappingRequest = Omit<PlanInput, 'mapping' | 'roles'> & {
  readonly mapping: MappingChoice
  /** Path of a plan to run instead of making one. */
  readonly planFile?: string | null
  /** Whether the files may contain SQL outside the closed list. */
  readonly trustsMapping?: boolean
  /** The user's choice, from path, file name or database to a database of the mapping. */
  readonly as: Readonly<Record<string, string>>
  readonly snapshots: readonly {
    readonly database: string
    readonly path: string
    readonly sha256: string
    readonly bytes: number
  }[]
}

export function planFor({
  mapping: choice,
  as,
  planFile = null,
  trustsMapping = false,
  ...input
}: MappingRequest): Plan {
  if (planFile !== null) {
    const file = readPlanFile(planFile, trustsMapping)
    const plan = distributePlan(withTrusted(planOfFile(file, input), file.trusted, planFile), input)
    // Without the option, the views were reported when the plan was made.
    return plan.options.views === true ? planViews(plan, input) : plan
  }
  refuseUnknownTables(input.options.exclude, input.catalogs)
  if (input.options.dataOnly === true) {
    refuseUnknownRoles(as, input.snapshots, null)
    return distributePlan(planDataOnly(input), input)
  }
  const roles = rolesOf(as, input.snapshots)
  const merges = input.options.into !== undefined
  const trusted = trustsMapping ? new Set<string>() : null
  const mapping = merges ? automatic : chooseMapping(choice, trusted, input.catalogs, roles)
  const designed = Object.keys(mapping.databases)
  refuseUnknownRoles(as, input.snapshots, designed.length === 0 ? null : designed)
  const viewed = planViews(distributePlan(buildPlan({ ...input, mapping, roles }), input), input)
  const language = input.options.search
  const plan = language === undefined ? viewed : addSearch(viewed, { ...input, language })
  return isFile(choice) ? withTrusted(plan, trusted, choice.file) : plan
}

/** Adds a warning for each piece of trusted SQL outside the closed list. */
function withTrusted(plan: Plan, trusted: ReadonlySet<string> | null, file: string): Plan {
  if (trusted === null || trusted.size === 0) return plan
  const findings = [...trusted].map((sql): Finding => {
    const message = `Trusted, for --trust-mapping: "${sql}" of ${file} runs with your rights, and may do more than compute a value`
    return { severity: 'warning', code: 'trusted-sql', message }
  })
  return { ...plan, findings: bySeverity([...findings, ...plan.findings]) }
}

function chooseMapping(
  choice: MappingChoice,
  trusted: Set<string> | null,
  catalogs: readonly Catalog[],
  roles: ReadonlyMap<string, string>,
): Mapping {
  if (isFile(choice)) {
    const file = readMappingFile(choice.file, trusted !== null)
    checkNames(file, catalogs, roles)
    for (const sql of file.trusted ?? []) trusted?.add(sql)
    return file.mapping
  }
  if (choice !== null) return choice === 'auto' ? automatic : gptTrader
  const known = (name: string): boolean => Object.hasOwn(gptTrader.databases, name.toLowerCase())
  const isKnown =
    [...roles.values()].some(known) ||
    catalogs.some(({ database }) => Object.keys(gptTrader.databases).some((role) => isFileOf(role, database)))
  return isKnown ? gptTrader : automatic
}

/** Returns the database of the mapping that each database stands for. */
function rolesOf(
  as: Readonly<Record<string, string>>,
  snapshots: MappingRequest['snapshots'],
): ReadonlyMap<string, string> {
  const roles = new Map<string, string>()
  for (const [file, role] of Object.entries(as)) {
    for (const { database, path } of snapshots) {
      if (isFileNamed({ database, path }, file)) roles.set(database, role)
    }
  }
  return roles
}
