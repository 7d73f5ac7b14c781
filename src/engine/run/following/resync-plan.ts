/**
 * The run's plan with some tables planned again from their present state. Invariant: everything about the other tables stays as planned.
 */

import type { FollowWork } from '../../follow/follower.ts'
import type { Catalog } from '../../model/catalog.ts'
import { MigrateError } from '../../model/errors.ts'
import { copyPlanOf, type Plan, type TablePlan, targetTableOf } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import type { TargetTable } from '../../model/target-schema.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { probe } from '../../target/probe/probe.ts'
import { planSnapshots } from '../prepare/prepare.ts'

export type Next = { readonly plan: Plan; readonly catalogs: readonly Catalog[] }

/**
 * Returns the plan with the chosen tables planned again. Throws `resync-mapping` when the mapping is the user's own, and the first error
 * finding of a chosen table.
 */
export async function planAgain(
  connection: Connection,
  work: FollowWork,
  states: readonly Snapshot[],
  chosen: ReadonlySet<string>,
): Promise<Next> {
  const { plan } = work
  const { mapping } = plan
  if (mapping !== 'auto' && mapping !== 'gpt-trader' && mapping !== 'data-only') {
    throw new MigrateError(
      'plan',
      'resync-mapping',
      `The plan was made from the mapping file of ${mapping}, and the columns have changed: what becomes of them is not known.`,
      {
        hint: 'Continue without the table (gpt-migrate cutover --exclude TABLE), or move everything again: gpt-migrate rollback, then a run with the new mapping.',
      },
    )
  }
  const probed = await probe(connection, null)
  const own = new Set(plan.schema.tables.filter(({ existing }) => !existing).map(quoteTable))
  const found = await planSnapshots(states, {
    ...{ as: {}, options: plan.options, edits: [], findings: [] },
    mapping: mapping === 'gpt-trader' ? mapping : 'auto',
    probe: { ...probed, existing: probed.existing.filter((table) => !own.has(quoteTable(table))) },
  })
  const wrong = found.plan.findings.find(
    ({ severity, tableId }) => severity === 'error' && tableId !== undefined && chosen.has(tableId),
  )
  if (wrong !== undefined)
    throw new MigrateError(
      'plan',
      wrong.code,
      wrong.message,
      wrong.hint === undefined ? {} : { hint: wrong.hint },
    )
  return {
    plan: splice(plan, found.plan, chosen),
    catalogs: spliceCatalogs(work.catalogs, found.catalogs, chosen),
  }
}

function splice(before: Plan, found: Plan, chosen: ReadonlySet<string>): Plan {
  const targetsOf = (plan: Plan): ReadonlySet<TargetTable> =>
    new Set(
      plan.tables
        .filter((table) => isChosen(table, chosen))
        .map((table) => targetTableOf(plan, copyPlanOf(table).target)),
    )
  const left = targetsOf(before)
  const come = targetsOf(found)
  const isLeft = ({ id }: TablePlan): boolean => chosen.has(id)
  return {
    ...before,
    tables: [...before.tables.filter((table) => !isLeft(table)), ...found.tables.filter(isLeft)],
    schema: {
      ...before.schema,
      schemas: [...new Set([...before.schema.schemas, ...found.schema.schemas])],
      tables: [...before.schema.tables.filter((table) => !left.has(table)), ...come],
    },
    sourceRows: {
      ...before.sourceRows,
      ...Object.fromEntries(Object.entries(found.sourceRows).filter(([id]) => chosen.has(id))),
    },
  }
}

function spliceCatalogs(
  before: readonly Catalog[],
  found: readonly Catalog[],
  chosen: ReadonlySet<string>,
): readonly Catalog[] {
  return before.map((catalog) => {
    const now = found.find(({ database }) => database === catalog.database)!
    const isOther = (name: string): boolean => chosen.has(`${catalog.database}/${name}`)
    return {
      ...catalog,
      objects: now.objects,
      tables: [
        ...catalog.tables.filter(({ name }) => !isOther(name)),
        ...now.tables.filter(({ name }) => isOther(name)),
      ],
    }
  })
}

/** Whether the table's own rows are copied again; rows of a folded table are copied with its parent's. */
export const isChosen = ({ id, fate }: TablePlan, chosen: ReadonlySet<string>): boolean =>
  fate.kind === 'copy' && chosen.has(id)
