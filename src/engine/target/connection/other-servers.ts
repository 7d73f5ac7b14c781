/**
 * Servers that speak PostgreSQL's protocol but are not PostgreSQL. Invariant: a server is refused only for what it says about itself,
 * before anything is written to it.
 */
import type pg from 'pg'
import type { TargetAddress } from '../address/address.ts'
import { TargetError } from './pg-errors.ts'

/** The answers that identify a server. */
type ServerAnswers = {
  /** The answer of `version()`. */
  readonly version: string
  /** Whether the relation `sys.iam_pg_role_mappings` exists. */
  readonly hasIamRoles: boolean
}

type OtherServer = {
  readonly name: string
  readonly isIt: (answers: ServerAnswers) => boolean
  /** Which feature it lacks that a run needs, in a sentence. */
  readonly reason: string
}

const untried = 'It speaks the protocol of PostgreSQL, and a run has not been tried there.'

const others: readonly OtherServer[] = [
  {
    name: 'CockroachDB',
    isIt: ({ version }) => /^CockroachDB\b/i.test(version),
    // https://www.cockroachlabs.com/docs/stable/postgresql-compatibility
    reason:
      'It takes COPY in binary and does not return it, and has no advisory locks: rows could not be read back for the proof, and two runs could not be kept apart.',
  },
  {
    name: 'YugabyteDB',
    isIt: ({ version }) => /-YB-\d/.test(version),
    // https://docs.yugabyte.com/preview/api/ysql/the-sql-language/statements/cmd_copy/
    reason:
      'Unless yb_default_copy_from_rows_per_transaction is 0 its COPY commits after every 20,000 rows, so a block that fails would be left half there; with that setting, too, a run has not been tried.',
  },
  {
    name: 'Aurora DSQL',
    // https://docs.aws.amazon.com/aurora-dsql/latest/userguide/authentication-authorization.html
    isIt: ({ hasIamRoles }) => hasIamRoles,
    // https://docs.aws.amazon.com/aurora-dsql/latest/userguide/CHAP_quotas.html
    reason:
      'A transaction changes at most 3,000 rows there, and there are no sequences, savepoints and foreign keys: a block does not fit into one.',
  },
  ...[
    ['Amazon Redshift', /\bRedshift\b/],
    ['Materialize', /\bMaterialize\b/],
    ['RisingWave', /\bRisingWave\b/],
    ['QuestDB', /\bQuestDB\b/],
    ['CrateDB', /\bCrateDB\b/],
    ['Greenplum', /\bGreenplum\b/],
    ['CedarDB', /\bCedarDB\b/],
    ['openGauss', /\bopenGauss\b|\bGaussDB\b/],
    ['H2', /\busing H2$/],
  ].map(([name, form]) => ({
    name: name as string,
    isIt: ({ version }: ServerAnswers) => (form as RegExp).test(version),
    reason: untried,
  })),
  {
    name: 'not PostgreSQL',
    // PostgreSQL's forks and vendors all keep the word: EnterpriseDB, Percona, Aurora, AlloyDB, Neon.
    isIt: ({ version }) => !/^(PostgreSQL|EnterpriseDB)\b/.test(version),
    reason: untried,
  },
]

/** Returns why a run cannot use the server; null for PostgreSQL. */
export function refusalOfServer(answers: ServerAnswers): { name: string; reason: string } | null {
  const found = others.find(({ isIt }) => isIt(answers))
  return found === undefined ? null : { name: found.name, reason: found.reason }
}

/** Throws `other-server` when the server is not PostgreSQL. A server that does not answer is accepted here. */
export async function refuseOtherServer(client: pg.Client, address: TargetAddress): Promise<void> {
  // PostgreSQL answers the first form; there, the second would call whichever function is first in the search_path.
  const version =
    (await ask<string>(client, 'select pg_catalog.version() as answer')) ??
    (await ask<string>(client, 'select version() as answer'))
  if (version === null) return
  const hasIamRoles = await ask<boolean>(
    client,
    `select pg_catalog.to_regclass('sys.iam_pg_role_mappings') is not null as answer`,
  )
  const refusal = refusalOfServer({ version: String(version), hasIamRoles: hasIamRoles === true })
  if (refusal === null) return
  const { host, port } = address
  const shown = String(version)
    .slice(0, 120)
    .replaceAll(/[^\x20-\x7e]/g, '?')
  throw new TargetError(
    'other-server',
    `The server on ${host}, port ${port} is ${refusal.name} (${shown}). ${refusal.reason}`,
    { hint: 'Name a PostgreSQL server, of version 13 or later.' },
  )
}

async function ask<T>(client: pg.Client, sql: string): Promise<T | null> {
  try {
    const { rows } = await client.query<{ answer: T }>(sql)
    return rows[0]?.answer ?? null
  } catch {
    return null
  }
}
