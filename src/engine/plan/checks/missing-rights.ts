/** Rights that a plan needs and the role lacks. Invariant: one finding names all of them, with statements to run that grant them. */
import type { Finding } from '../../model/finding.ts'
import type { Plan } from '../../model/plan.ts'
import type { TargetProbe } from '../../model/target-probe.ts'
import { isSameTable } from '../../model/target-schema.ts'
import { quoteIdentifier } from '../../syntax/postgres-names.ts'

export const INSUFFICIENT_PRIVILEGE = 'insufficient-privilege'

type Missing = { readonly what: string; readonly grant: string }

export function missingRightsFindings(schema: Plan['schema'], probe: TargetProbe | null): readonly Finding[] {
  const { rights, missingRights = [] } = probe ?? {}
  if (rights === undefined || rights.superuser) return []
  const missing: readonly Missing[] = [
    ...missingOnSchemas(schema, rights),
    ...missingRights.filter((one) =>
      schema.tables.some((table) => table.existing && isSameTable(table, one)),
    ),
  ]
  if (missing.length === 0) return []
  const unique = [...new Map(missing.map((one) => [one.grant, one])).values()]
  const to = quoteIdentifier(rights.role)
  return [
    {
      severity: 'error',
      code: INSUFFICIENT_PRIVILEGE,
      message: `The role "${rights.role}" lacks rights that the run needs: ${unique.map(({ what }) => what).join('; ')}. Nothing was written.`,
      hint: `Grant them: ${unique.map(({ grant }) => `${grant} to ${to};`).join(' ')}`,
    },
  ]
}

/** Returns the rights that are missing for the journal's schema and for those in which tables are created. */
function missingOnSchemas(
  schema: Plan['schema'],
  rights: NonNullable<TargetProbe['rights']>,
): readonly Missing[] {
  const { createSchema, schemas, writableSchemas, database } = rights
  const absent = [...new Set(['gpt_migrate', ...schema.schemas])].filter((name) => !schemas.includes(name))
  const created = new Set(schema.tables.filter(({ existing }) => !existing).map((table) => table.schema))
  const closed = [...created].filter((name) => schemas.includes(name) && !writableSchemas.includes(name))
  return [
    ...(createSchema || absent.length === 0
      ? []
      : [
          {
            what: `CREATE on the database ${database}, for the ${absent.length === 1 ? 'schema' : 'schemas'} ${absent.map((name) => (name === 'gpt_migrate' ? 'gpt_migrate of the journal' : name)).join(', ')}`,
            grant: `grant create on database ${quoteIdentifier(database)}`,
          },
        ]),
    ...closed.map((name) => ({
      what: `CREATE on the schema ${name}`,
      grant: `grant usage, create on schema ${quoteIdentifier(name)}`,
    })),
  ]
}
