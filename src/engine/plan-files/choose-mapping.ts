/** Which mapping a set of databases gets, and the plan that it leads to. */

import { automatic } from '../../mappings/auto.ts'
import { gptTrader } from '../../mappings/gpt-trader/index.ts'
import type { Catalog } from '../model/catalog.ts'
import type { Mapping } from '../model/mapping.ts'
import type { Plan } from '../model/plan.ts'
import { fileName } from '../plan/assign-tables.ts'
import { buildPlan, type PlanInput } from '../plan/build-plan.ts'
import { planDataOnly } from '../plan/data-only.ts'
import { planViews } from '../plan/plan-views.ts'
import { isFileNamed, refuseUnknownRoles, refuseUnknownTables } from './check-choices.ts'
import { checkNames } from './check-names.ts'
import { planOfFile, readPlanFile } from './plan-file.ts'
import { readMappingFile } from './read-mapping.ts'

/** Null: GPT-Trader's when one of its files is there, else the automatic one. `file`: path of a mapping file. */
export type MappingChoice = 'gpt-trader' | 'auto' | null | { readonly file: string }

/** What plans made by the choice are named after; null when the databases decide. Throws for a file that is no mapping. */
export function mappingName(choice: MappingChoice): string | null {
  return isFile(choice) ? readMappingFile(choice.file).mapping.name : choice
}

function isFile(choice: MappingChoice): choice is { readonly file: string } {
  return choice !== null && typeof choice === 'object'
}

export type MappingRequest = Omit<PlanInput, 'mapping' | 'roles'> & {
  readonly mapping: MappingChoice
  /** Path of a plan to carry out instead of making one. */
  readonly planFile?: string | null
  /** The user's choice of which file is which: path, file name or database → database of the mapping. */
  readonly as: Readonly<Record<string, string>>
  readonly snapshots: readonly {
    readonly database: string
    readonly path: string
    readonly sha256: string
    readonly bytes: number
  }[]
}

export function planFor({ mapping: choice, as, planFile = null, ...input }: MappingRequest): Plan {
  if (planFile !== null) {
    const plan = planOfFile(readPlanFile(planFile), input)
    // Without them, the views were reported when the plan was made.
    return plan.options.views === true ? planViews(plan, input) : plan
  }
  refuseUnknownTables(input.options.exclude, input.catalogs)
  if (input.options.dataOnly === true) {
    refuseUnknownRoles(as, input.snapshots, null)
    return planDataOnly(input)
  }
  const roles = rolesOf(as, input.snapshots)
  const merges = input.options.into !== undefined
  const mapping = merges ? automatic : chooseMapping(choice, input.catalogs, roles)
  const designed = Object.keys(mapping.databases)
  refuseUnknownRoles(as, input.snapshots, designed.length === 0 ? null : designed)
  return planViews(buildPlan({ ...input, mapping, roles }), input)
}

function chooseMapping(
  choice: MappingChoice,
  catalogs: readonly Catalog[],
  roles: ReadonlyMap<string, string>,
): Mapping {
  if (isFile(choice)) {
    const file = readMappingFile(choice.file)
    checkNames(file, catalogs, roles)
    return file.mapping
  }
  if (choice !== null) return choice === 'auto' ? automatic : gptTrader
  const known = (name: string): boolean => Object.hasOwn(gptTrader.databases, name.toLowerCase())
  const isKnown =
    [...roles.values()].some(known) || catalogs.some(({ database }) => known(fileName(database)))
  return isKnown ? gptTrader : automatic
}

/** Database → role. */
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
