/**
 * What PostgreSQL, its driver and the network say, as errors with a sentence and a way on. Invariant: every driver error is
 * translated here, once, and no message holds the password.
 */
import { MigrateError } from '../model/errors.ts'
import { quoteIdentifier } from '../syntax/postgres-names.ts'
import { describeAddress, redact, type TargetAddress } from './address.ts'

/** A `target` error with the server's SQLSTATE and, where the server said more, its detail and the place it names. */
export class TargetError extends MigrateError {
  readonly sqlstate: string | null
  readonly detail: string | null
  readonly constraint: string | null
  readonly column: string | null

  constructor(code: string, message: string, options: TargetErrorOptions = {}) {
    super('target', code, message, options)
    this.name = 'TargetError'
    this.sqlstate = options.sqlstate ?? null
    this.detail = options.detail ?? null
    this.constraint = options.constraint ?? null
    this.column = options.column ?? null
  }
}

type TargetErrorOptions = {
  hint?: string
  cause?: unknown
  sqlstate?: string | null
  detail?: string | null
  constraint?: string | null
  column?: string | null
}

type DriverError = Error & {
  readonly code?: string
  readonly severity?: string
  readonly detail?: string
  readonly hint?: string
  readonly constraint?: string
  readonly column?: string
  readonly errors?: readonly Error[]
}

/** True for a value that the server would refuse again: the row's fault and not the connection's or the session's. */
export function isRowRefusal(error: unknown): error is TargetError {
  return error instanceof TargetError && error.sqlstate !== null && /^(22|23|54)/.test(error.sqlstate)
}

/**
 * True for a failure that says nothing of what was asked, and that the server may get over: short of disk, memory or connections,
 * an operator, its system, a deadlock (manual, appendix A: classes 40, 53, 57, 58).
 */
export function isPassing(error: unknown): boolean {
  return error instanceof TargetError && error.sqlstate !== null && /^(40|53|57|58)/.test(error.sqlstate)
}

/** What somebody has to put right before a connection can be made again. */
const LASTING = ['wrong-password', 'tls-refused', 'tls-required', 'certificate-invalid']

/**
 * True when the same work may succeed later without anybody's doing: also after the network, a lock, a session that was ended for its
 * silence (25P03, 25P04), a server that takes no writes now (25006). False for what would fail again: a name, a right, a constraint.
 */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof TargetError)) return false
  if (error.sqlstate === null) return !LASTING.includes(error.code)
  return isPassing(error) || /^(08|25006|25P03|25P04|55P03|55006)/.test(error.sqlstate)
}

/** True when the statement itself can't be carried out, as by a name that is not there (class 42). */
export function isStatementRefusal(error: unknown): boolean {
  return error instanceof TargetError && error.sqlstate !== null && error.sqlstate.startsWith('42')
}

/** True when the connection is gone and a new one may succeed. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof MigrateError && error.kind === 'target' && error.code === 'connection-lost'
}

/** The one translation. A MigrateError is given back as it is. */
export function translatePgError(error: unknown, address: TargetAddress): MigrateError {
  if (error instanceof MigrateError) return error
  const driver = (error instanceof Error ? error : new Error(String(error))) as DriverError
  const { message } = driver
  const sqlstate = driver.severity !== undefined && driver.code !== undefined ? driver.code : null
  const [code, sentence, hint] =
    sqlstate === null ? fromNetwork(driver, message, address) : fromServer(sqlstate, message, driver, address)
  const options: TargetErrorOptions = {
    cause: safeCause(driver, address),
    sqlstate,
    detail: driver.detail === undefined ? null : redact(driver.detail, address),
    constraint: driver.constraint ?? null,
    column: driver.column ?? null,
  }
  if (hint !== null) options.hint = redact(hint, address)
  return new TargetError(code, redact(sentence, address), options)
}

/** Code, sentence, hint. */
type Told = readonly [string, string, string | null]

function fromNetwork(driver: DriverError, message: string, address: TargetAddress): Told {
  const { host, port } = address
  const place = host.startsWith('/') ? `the socket in ${host}, port ${port}` : `${host}, port ${port}`
  const code = driver.code ?? (driver.errors?.[0] as DriverError | undefined)?.code
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return [
        'connection-refused',
        `No PostgreSQL answers on ${place}.`,
        'Is the server running, and are host and port right? In a container, is the port published?',
      ]
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
    case 'EAI_FAIL':
      return [
        'host-unknown',
        `There is no host named "${host}".`,
        'Check the name, and that the network is up.',
      ]
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return [
        'host-unreachable',
        `The host "${host}" cannot be reached.`,
        'Check the network and the firewall.',
      ]
    case 'EACCES':
    case 'EPERM':
      return ['connection-refused', `This account may not open a connection to ${place}.`, null]
    case 'ETIMEDOUT':
      return [
        'timeout',
        `${place} did not answer in time.`,
        'A firewall may swallow the packets; check host and port.',
      ]
    case 'ECONNRESET':
    case 'EPIPE':
      return [
        'connection-lost',
        `The connection to ${place} was cut.`,
        'Run the same command again: it goes on.',
      ]
  }
  if (/timeout expired|Query read timeout/.test(message)) {
    return ['timeout', `${place} did not answer in ${Math.round(address.connectTimeoutMs / 1000)} s.`, null]
  }
  if (/does not support SSL/.test(message)) {
    return [
      'tls-refused',
      `The server on ${place} does not speak TLS, which sslmode=${address.tls.mode} demands.`,
      'Turn ssl on in the server, or connect with sslmode=prefer.',
    ]
  }
  if (isTlsFailure(driver)) {
    return [
      'certificate-invalid',
      `The certificate of ${place} cannot be trusted: ${message}.`,
      'Check sslrootcert and the host name; sslmode=require encrypts without verifying when no root certificate is set.',
    ]
  }
  if (/error establishing an SSL connection/.test(message)) {
    return ['not-postgresql', `What answers on ${place} is no PostgreSQL.`, 'Check the port.']
  }
  if (/client password must be/i.test(message)) {
    return [
      'wrong-password',
      `The server wants a password for the user "${address.user}", and none was given.`,
      'Put it into the URL, PGPASSWORD or ~/.pgpass.',
    ]
  }
  if (/terminated|not queryable|closed|ended|socket/i.test(message)) {
    return ['connection-lost', `The connection to ${place} ended.`, 'Run the same command again: it goes on.']
  }
  return ['target-failed', `The connection to ${place} failed: ${message}`, null]
}

/** PostgreSQL manual, appendix A: error codes. */
function fromServer(sqlstate: string, message: string, driver: DriverError, address: TargetAddress): Told {
  const said = `${message} (SQLSTATE ${sqlstate}).`
  const { user, database } = address
  switch (sqlstate) {
    case '28P01':
      return [
        'wrong-password',
        address.password === null
          ? `The server wants a password for the user "${user}", and none was given.`
          : `The server refused the password of the user "${user}".`,
        'Put the right one into the URL, PGPASSWORD or ~/.pgpass.',
      ]
    case '28000':
      if (/does not exist/.test(message)) {
        return [
          'no-such-role',
          `The server has no user "${user}".`,
          'Check the name, or create it: create role … login.',
        ]
      }
      if (/no pg_hba\.conf entry/.test(message) && /no encryption|SSL off/.test(message)) {
        return [
          'tls-required',
          `The server takes connections of "${user}" to "${database}" only over TLS, or not from this machine.`,
          'Connect with sslmode=require; else the server needs a line in pg_hba.conf.',
        ]
      }
      return [
        'not-admitted',
        `The server does not admit this connection: ${said}`,
        'See pg_hba.conf on the server.',
      ]
    case '3D000':
      return [
        'no-such-database',
        `The server has no database "${database}".`,
        `Create it (createdb ${/^\w+$/.test(database) ? database : '…'}), or name another one.`,
      ]
    case '42501':
      return [
        'insufficient-privilege',
        `The user "${user}" may not do this in "${database}": ${said}`,
        grantFor(message, address.role ?? user, database),
      ]
    case '25006':
      return [
        'read-only-server',
        `The server at ${address.host} takes no writes: ${said}`,
        'Connect to the primary and not to a standby.',
      ]
    case '53100':
      return [
        'disk-full',
        `The server's disk is full: ${said}`,
        'Make room there, then run the same command again.',
      ]
    case '53200':
      return ['server-out-of-memory', `The server is out of memory: ${said}`, 'Try again with --jobs 1.']
    case '53300':
      return [
        'too-many-connections',
        `The server has no connection left: ${said}`,
        'Close others, raise max_connections, or use --jobs 1.',
      ]
    case '55P03':
      return [
        'locked',
        `Another session holds a lock that is needed: ${said}`,
        'Close the programs that use these tables, then run again.',
      ]
    case '57014':
      return ['canceled', `The server stopped a statement: ${said}`, null]
    case '57P03':
      return ['server-starting', `The server takes no connections yet: ${said}`, 'Try again in a moment.']
  }
  if (/^(08|57P)/.test(sqlstate)) {
    return [
      'connection-lost',
      `The server ended the connection: ${said}`,
      'Run the same command again: it goes on.',
    ]
  }
  if (/^(22|23|54)/.test(sqlstate))
    return ['refused-by-server', `The server refused a value: ${said}`, driver.hint ?? null]
  return ['server-error', `The server said: ${said}`, driver.hint ?? null]
}

/** The statement that gives what the server's message says is missing (`aclcheck_error`, src/backend/catalog/aclchk.c). */
function grantFor(message: string, user: string, database: string): string {
  const role = quoteIdentifier(user)
  const denied = /^permission denied for (\w+(?: \w+)*?) (\S.*)$/.exec(message)
  const name = denied?.[2]?.replace(/^"(.*)"$/, '$1') ?? ''
  const grant = (rights: string, on: string): string => `Grant it: grant ${rights} on ${on} to ${role}.`
  switch (denied?.[1]) {
    case 'database':
      return grant('create', `database ${quoteIdentifier(name)}`)
    case 'schema':
      return grant('usage, create', `schema ${quoteIdentifier(name)}`)
    case 'table':
    case 'relation':
      return grant('select, insert, update', quoteIdentifier(name))
    case 'sequence':
      return grant('usage, select, update', `sequence ${quoteIdentifier(name)}`)
    case 'function':
    case 'procedure':
      return grant('execute', `function ${name}`)
    case 'type':
      // Printed as SQL spells it.
      return grant('usage', `type ${name}`)
    case 'language':
      return grant('usage', `language ${quoteIdentifier(name)}`)
  }
  if (/temporary tables/.test(message)) return grant('temporary', `database ${quoteIdentifier(database)}`)
  const owned = /^must be owner of (.+)$/.exec(message)
  if (owned !== null) return `Connect as the owner of ${owned[1]}, or work as it: --role NAME.`
  if (/row-level security|row security/.test(message))
    return `Work as the owner of the table (--role NAME), or let the role see all rows: alter role ${role} bypassrls.`
  if (/extension/.test(message)) return 'Let a superuser create the extension, then run again.'
  return 'Connect as a role that has the right, or work as it: --role NAME.'
}

/** Failures of the handshake have OpenSSL's or Node's own codes (https://nodejs.org/api/errors.html, tls and X509). */
export function isTlsFailure(error: unknown): boolean {
  const code = (error as DriverError).code ?? ''
  return /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO|INVALID_CA)/.test(
    code,
  )
}

/** The driver's error without what it may quote of a statement's values. */
function safeCause(driver: DriverError, address: TargetAddress): Error {
  const cause = new Error(redact(driver.message, address))
  cause.name = driver.name
  if (driver.stack !== undefined) cause.stack = redact(driver.stack, address)
  return cause
}

export function unsupportedVersion(version: string, address: TargetAddress): TargetError {
  return new TargetError(
    'unsupported-version',
    `The server of ${describeAddress(address)} is PostgreSQL ${version}; 13 and later are supported.`,
    { hint: 'Name a newer server, or --target embedded.' },
  )
}
