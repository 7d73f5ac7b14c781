/** Which mapping a set of databases gets, and the plan that it leads to. */
import type { Catalog } from '../engine/model/catalog.ts'
import type { Mapping } from '../engine/model/mapping.ts'
import type { Plan } from '../engine/model/plan.ts'
import { fileName } from '../engine/plan/assign-tables.ts'
import { buildPlan, type PlanInput } from '../engine/plan/build-plan.ts'
import { planDataOnly } from '../engine/plan/data-only.ts'
import { planViews } from '../engine/plan/plan-views.ts'
import { automatic } from './auto.ts'
import { checkNames } from './files/check-names.ts'
import { planOfFile, readPlanFile } from './files/plan-file.ts'
import { readMappingFile } from './files/read-mapping.ts'
import { gptTrader } from './gpt-trader/index.ts'

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
  /** The user's word on which file is which: path, file name or database → database of the mapping. */
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
    // Without them, the file's reader has been told of the views when the plan was made.
    return plan.options.views === true ? planViews(plan, input) : plan
  }
  if (input.options.dataOnly === true) return planDataOnly(input)
  const roles = rolesOf(as, input.snapshots)
  const merges = input.options.into !== undefined
  const mapping = merges ? automatic : chooseMapping(choice, input.catalogs, roles)
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
      if (database === file || path === file || path.endsWith(`/${file}`)) roles.set(database, role)
    }
  }
  return roles
}
