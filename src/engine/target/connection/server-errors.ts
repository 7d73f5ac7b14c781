/**
 * What each PostgreSQL error code that a run can meet means for the user (manual, appendix A). Invariant: every row says what to do next,
 * unless the server's words say it all; a code without a row of its own uses its class's.
 */
import { shellWord } from '../../model/shell-word.ts'
import type { TargetAddress } from '../address/address.ts'
import { CONNECTING, grantFor, grantToConnect } from './missing-right.ts'

/** Error code, sentence, hint. */
export type ErrorText = readonly [string, string, string | null]

/** The objects that the server's message names, field by field (manual section 55.8). */
export type ServerFields = {
  readonly schema?: string
  readonly table?: string
  readonly column?: string
  readonly constraint?: string
  readonly hint?: string
  /** The server's own function that refused. */
  readonly routine?: string
  /** The call stack in the server. */
  readonly where?: string
}

type Facts = ServerFields & {
  /** The server's message and its code. */
  readonly said: string
  readonly message: string
  readonly address: TargetAddress
}

export type Row = (facts: Facts) => ErrorText

export const AGAIN = 'Run the same command again: it resumes.'

/** The table that the message names, or "a table". */
const tableOf = ({ schema, table }: ServerFields): string =>
  table === undefined ? 'a table' : `${schema === undefined ? '' : `${schema}.`}${table}`

export const lost: Row = ({ said }) => ['connection-lost', `The server ended the connection: ${said}`, AGAIN]

/** The server refused a value or a row; a source row then goes to quarantine. */
export const refused =
  (hint: string | null): Row =>
  ({ said, hint: own }) => ['refused-by-server', `The server refused a value: ${said}`, hint ?? own ?? null]

const byConstraint =
  (what: string, hint: string): Row =>
  (facts) => [
    'refused-by-server',
    `The server refused a row of ${tableOf(facts)}: ${what}${facts.constraint === undefined ? '' : ` (${facts.constraint})`}: ${facts.said}`,
    hint,
  ]

/** An object that the plan found is gone, or one that it did not find exists now. */
export const changedSince: Row = (facts) => {
  if (isInFunction(facts)) return inApplication(facts)
  const { said, hint, address } = facts
  return [
    'target-changed',
    `The target is not what it was when the plan was made: ${said}`,
    hint ??
      `See who changes its schema, then run the same command again; where a run is unfinished, --start-over=${shellWord(address.database)} makes a new plan.`,
  ]
}

const taken: Row = ({ said }) => [
  'name-taken',
  `The target holds something of that name already: ${said}`,
  'Choose another schema (--schema NAME), remove what is there, or fill it as it is: --data-only.',
]

export const passes =
  (code: string, what: string, hint: string): Row =>
  ({ said }) => [code, `${what}: ${said}`, hint]

const ownWords =
  (code: string, what: string, hint: string): Row =>
  ({ said, hint: own }) => [code, `${what}: ${said}`, own ?? hint]

export const inApplication = ownWords(
  'application-refused',
  "The application's own code in the target refused it",
  'See its triggers, rules, functions and defaults; alter table … disable trigger user leaves the triggers out while the rows arrive.',
)

/** A statement is wrong: one of ours, possibly with SQL of a mapping in it; within a function, the application's own. */
export const inStatement: Row = (facts) =>
  isInFunction(facts)
    ? inApplication(facts)
    : ownWords(
        'statement-refused',
        'The server does not execute a statement of the run',
        'Where a mapping or plan file brings SQL of its own, correct it there; otherwise this is a fault of gpt-migrate: report it. --exclude leaves the table out.',
      )(facts)

/** Whether the error happened in a function that is not ours. */
function isInFunction({ where = '' }: ServerFields): boolean {
  return /\bfunction (?!"?gpt_migrate\.|inline_code_block)/.test(where)
}

export const serverErrors: Readonly<Record<string, Row>> = {
  '08000': lost,
  '08003': lost,
  '08006': lost,
  '08P01': lost,
  '0A000': ownWords(
    'not-supported',
    'The server does not do this',
    'Leave the table out with --exclude, or write into a table instead of a view or a foreign table.',
  ),
  '21000': inStatement,
  '22001': refused(null),
  '22003': refused(null),
  '22004': inStatement,
  '22007': refused(null),
  '22008': refused(null),
  '22012': refused('A check, a generated column or a trigger divides by this value.'),
  '22021': refused(null),
  '22023': refused(null),
  '2200M': refused('The text is no XML document that PostgreSQL reads.'),
  '2200N': refused('The text is no XML that PostgreSQL reads.'),
  '22P02': refused(null),
  '22P03': refused(null),
  '22P05': refused(
    "Only a database in UTF8 holds every text: create database … encoding 'UTF8' template template0.",
  ),
  '23000': byConstraint('it breaks a constraint', 'Correct the row in the source, or drop the constraint.'),
  '23001': byConstraint('other rows refer to it', 'Empty the referring table first, or leave both out.'),
  '23502': byConstraint(
    'a column must not be null',
    'Fill the column in the source, or let it be null: alter table … alter column … drop not null.',
  ),
  '23503': byConstraint(
    'the row that it refers to is not there',
    'Move the parent table, too; --orphans says what becomes of such rows.',
  ),
  '23505': byConstraint(
    'another row has the same key',
    'Remove one of the rows in the source, or empty the table: --truncate and the name of the database.',
  ),
  '23514': byConstraint(
    'a check is not met',
    'Correct the row in the source, or drop the check: alter table … drop constraint ….',
  ),
  '23P01': byConstraint(
    'it conflicts with another row',
    'Remove one of the rows in the source, or drop the exclusion constraint.',
  ),
  '25006': ({ address, said }) => [
    'read-only-server',
    `The server at ${address.host} takes no writes: ${said}`,
    'Connect to the primary and not to a standby.',
  ],
  '25P02': passes('transaction-failed', 'An earlier statement of the transaction has failed', AGAIN),
  '25P03': lost,
  '25P04': lost,
  '26000': passes(
    'session-lost',
    'The session is not the one that it was: a pooler stands between',
    'Connect to the server itself, or to a pool in session mode.',
  ),
  '28000': ({ message, said, address: { user, database } }) => {
    if (/does not exist/.test(message))
      return [
        'no-such-role',
        `The server has no user "${user}".`,
        'Check the name, or create it: create role … login.',
      ]
    if (/no pg_hba\.conf entry/.test(message) && /no encryption|SSL off/.test(message))
      return [
        'tls-required',
        `The server takes connections of "${user}" to "${database}" only over TLS, or not from this machine.`,
        'Connect with sslmode=require; else the server needs a line in pg_hba.conf.',
      ]
    return [
      'not-admitted',
      `The server does not admit this connection: ${said}`,
      'See pg_hba.conf on the server.',
    ]
  },
  '28P01': ({ address: { user, password } }) => [
    'wrong-password',
    password === null
      ? `The server wants a password for the user "${user}", and none was given.`
      : `The server refused the password of the user "${user}".`,
    'Put the right one into the URL, PGPASSWORD or ~/.pgpass.',
  ],
  '2BP01': ownWords(
    'others-depend',
    'Other objects depend on it',
    'Remove those first; nothing was removed.',
  ),
  '3D000': ({ address: { database } }) => [
    'no-such-database',
    `The server has no database "${database}".`,
    `Create it (createdb ${/^\w+$/.test(database) ? database : '…'}), or name another one.`,
  ],
  '3F000': changedSince,
  '40001': passes('serialization-failed', 'Other transactions wrote at the same time', AGAIN),
  '40P01': passes('deadlock', 'Other transactions waited for ours and ours for theirs', AGAIN),
  '42501': ({ message, said, address, routine }) => [
    'insufficient-privilege',
    `The user "${address.role ?? address.user}" may not do this in "${address.database}": ${said}`,
    routine === CONNECTING
      ? grantToConnect(address.user, address.database)
      : grantFor(message, address.role ?? address.user, address.database),
  ],
  '42601': inStatement,
  '42602': inStatement,
  '42701': taken,
  '42702': inStatement,
  '42703': changedSince,
  '42704': changedSince,
  '42710': taken,
  '42723': taken,
  '42725': inStatement,
  '42804': inStatement,
  '42809': changedSince,
  '42830': changedSince,
  '42846': inStatement,
  '42883': inStatement,
  '42939': ownWords(
    'name-reserved',
    'The server keeps that name for itself',
    'Choose another one: --schema NAME, or --identifiers snake_case.',
  ),
  '428C9': changedSince,
  '42P01': changedSince,
  '42P04': taken,
  '42P06': taken,
  '42P07': taken,
  '42P10': changedSince,
  '42P16': inStatement,
  '42P17': inStatement,
  '44000': byConstraint(
    'the view does not show it (with check option)',
    'Fill the table that is behind the view.',
  ),
  '53000': passes('server-short', 'The server is short of something', 'Try again with --jobs 1.'),
  '53100': passes(
    'disk-full',
    "The server's disk is full",
    'Make room there, then run the same command again.',
  ),
  '53200': ownWords('server-out-of-memory', 'The server is out of memory', 'Try again with --jobs 1.'),
  '53300': passes(
    'too-many-connections',
    'The server has no connection left',
    'Close others, raise max_connections, or use --jobs 1.',
  ),
  '53400': passes(
    'limit-reached',
    'A limit that the server is configured with is reached',
    'Raise it (temp_file_limit, for one), or try again with --jobs 1.',
  ),
  '54000': refused('What the server names is larger than it can hold: leave the index or the column out.'),
  '54001': refused('Raise max_stack_depth on the server, or leave the expression out.'),
  '54011': refused('PostgreSQL holds 1,600 columns in a table: split it, or leave columns out.'),
  '55000': changedSince,
  '55006': passes('in-use', 'Another session uses it', 'Close the programs that use it, then run again.'),
  '55P02': passes('not-changeable', 'A setting cannot be made in a session', 'Set it in postgresql.conf.'),
  '55P03': passes(
    'locked',
    'Another session holds a lock that is needed',
    'Close the programs that use these tables, then run again.',
  ),
  '57014': ({ said }) => [
    'canceled',
    `The server stopped a statement: ${said}`,
    `See who cancels it, or which timeout does. ${AGAIN}`,
  ],
  '57P01': lost,
  '57P02': lost,
  '57P03': passes('server-starting', 'The server takes no connections yet', 'Try again in a moment.'),
  '57P04': lost,
  '57P05': lost,
  '58000': passes('server-system', "The server's own system failed", "See the server's log."),
  '58030': passes(
    'server-io',
    'The server cannot read or write its files',
    "See the server's log, and the disk.",
  ),
  '58P01': ownWords(
    'server-file-missing',
    'The server lacks a file',
    'Install the extension on the machine of the server, or plan without it.',
  ),
  P0001: inApplication,
  P0004: inApplication,
  XX000: passes(
    'server-bug',
    'The server met a fault of its own',
    "See the server's log; its newest minor version may have it corrected.",
  ),
  XX001: passes(
    'server-damaged',
    "The server's files are damaged",
    'Restore the server from a backup before anything is moved into it.',
  ),
  XX002: passes('server-damaged', 'An index of the server is damaged', 'Build it again: reindex database ….'),
}
