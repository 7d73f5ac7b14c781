/** Trials of the role's rights, each on objects of our own that are rolled back with the savepoint. */
import { quoteIdentifier } from '../../../syntax/postgres-names.ts'
import type { Connection } from '../../connection/connection.ts'
import {
  fallback,
  full,
  type Given,
  grantTo,
  type Outcome,
  refusalOfSql,
  refused,
  type TrialSpec,
} from './trial-spec.ts'

export const rightsTrials: readonly TrialSpec[] = [
  { name: 'create-schemas', tried: 'creating a schema and a table', attempt: tryCreating },
  { name: 'row-security', tried: 'row security of a new table', attempt: tryRowSecurity },
  { name: 'temporary-tables', tried: 'creating a temporary table', attempt: tryTemporary },
  { name: 'address-schema', tried: 'the schema that the address names', attempt: tryAddressSchema },
]

const trialTable = (connection: Connection): { schema: string; sql: string } => {
  const schema = quoteIdentifier(`gpt_migrate_trial_${connection.processId}`)
  return { schema, sql: `create schema ${schema}; create table ${schema}.t (id bigint primary key)` }
}

async function tryCreating(connection: Connection, given: Given): Promise<Outcome | null> {
  if (!given.takesWrites) return null
  const refusal = await refusalOfSql(connection, trialTable(connection).sql)
  if (refusal === null) return full('The role may create schemas and tables.')
  const { mayCreate, hasJournal, writable } = await connection.queryOne<{
    mayCreate: boolean
    hasJournal: boolean
    writable: string[]
  }>(
    `select has_database_privilege(current_database(), 'create') as "mayCreate",
            to_regnamespace('gpt_migrate') is not null as "hasJournal",
            array(select nspname::text from pg_namespace
                   where nspname !~ '^pg_' and nspname not in ('information_schema', 'gpt_migrate')
                     and has_schema_privilege(oid, 'create')
                   order by nspname collate "C") as writable`,
  )
  const grant = grantTo(given, `create on database ${quoteIdentifier(given.database)}`)
  // The rights allow it, but the server refuses for another reason: a tablespace, an event trigger.
  if (mayCreate)
    return refused(refusal.code, `A schema cannot be created: ${refusal.message}`, refusal.hint ?? grant)
  if (!hasJournal) {
    return refused(
      'insufficient-privilege',
      `The role "${given.role}" may not create the schema gpt_migrate, which keeps the record of the run.`,
      `A superuser or the owner of the database grants it: ${grant}`,
    )
  }
  return fallback(
    writable.length === 0
      ? `The role "${given.role}" may create neither schemas nor tables: only tables that are there can be filled (--data-only).`
      : `The role "${given.role}" may not create schemas: tables go into those in which it may create them (${writable.join(', ')}).`,
    grant,
  )
}

/** An event trigger may enable row security on every new table; reading fails when it hides rows from us. */
async function tryRowSecurity(connection: Connection, { takesWrites }: Given): Promise<Outcome | null> {
  if (!takesWrites) return null
  const { schema, sql } = trialTable(connection)
  if ((await refusalOfSql(connection, sql)) !== null) return null
  const { secured, hidden, triggers } = await connection.queryOne<{
    secured: boolean
    hidden: boolean
    triggers: string[]
  }>(
    `select relrowsecurity as secured, row_security_active(oid) as hidden,
            array(select evtname::text from pg_event_trigger where evtenabled <> 'D' order by 1) as triggers
       from pg_class where oid = $1::regclass`,
    [`${schema}.t`],
  )
  if (!secured) return full('New tables have no row security.')
  const named =
    triggers.length === 1
      ? `The event trigger ${triggers[0]} turns`
      : `One of the event triggers ${triggers.join(', ')} turns`
  const help = `A superuser turns it off for the time of the run: alter event trigger ${quoteIdentifier(triggers[0] ?? '')} disable;`
  if (hidden) {
    return refused(
      'row-security',
      `${named} row security on for new tables, so that the run could not read what it wrote.`,
      help,
    )
  }
  return fallback(
    `${named} row security on for new tables: it stays on for the tables of the run, where other roles see no rows until a policy says so.`,
    help,
  )
}

async function tryTemporary(connection: Connection, given: Given): Promise<Outcome | null> {
  if (!given.takesWrites) return null
  const refusal = await refusalOfSql(connection, 'create temporary table gpt_migrate_trial (id bigint)')
  if (refusal === null) return full('The role may create temporary tables.')
  return fallback(
    'The role may not create temporary tables: comparisons use tables beside the journal.',
    grantTo(given, `temporary on database ${quoteIdentifier(given.database)}`),
  )
}

/** The schema named by `?schema=` or by a search_path in `options`. */
async function tryAddressSchema(connection: Connection, given: Given): Promise<Outcome | null> {
  const { schema } = connection.address
  if (schema === undefined) return null
  const { there, writable } = await connection.queryOne<{ there: boolean; writable: boolean }>(
    `select n.oid is not null as there, coalesce(has_schema_privilege(n.oid, 'create'), false) as writable
       from (values (1)) one left join pg_namespace n on n.nspname = $1`,
    [schema],
  )
  if (!there)
    return full(`Tables go into the schema "${schema}", which the address names and the run creates.`)
  if (writable) return full(`Tables go into the schema "${schema}", which the address names.`)
  return fallback(
    `The role "${given.role}" may not create tables in the schema "${schema}", which the address names: only tables that are there can be filled (--data-only).`,
    grantTo(given, `usage, create on schema ${quoteIdentifier(schema)}`),
  )
}
