/**
 * Translates errors of PostgreSQL, its driver and the network into a sentence and a hint. Invariant: every driver error is translated here,
 * once, and no message contains the password.
 */
import { MigrateError } from '../../model/errors.ts'
import { describeAddress, redact, type TargetAddress } from '../address/address.ts'
import {
  AGAIN,
  changedSince,
  type ErrorText,
  inApplication,
  inStatement,
  lost,
  passes,
  type Row,
  refused,
  type ServerFields,
  serverErrors,
} from './server-errors.ts'

/** A `target` error with the server's SQLSTATE and, where the server sent them, its detail and the object it names. */
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

type DriverError = Error &
  ServerFields & {
    readonly code?: string
    readonly severity?: string
    readonly detail?: string
    readonly errors?: readonly Error[]
  }

/**
 * True when the server, or a trigger's `raise`, would refuse the row again: the fault is the row's, not the connection's or the session's.
 */
export function isRowRefusal(error: unknown): error is TargetError {
  return error instanceof TargetError && error.sqlstate !== null && /^(22|23|54|P0001)/.test(error.sqlstate)
}

/**
 * True for a failure that is not about the statement and that the server may recover from: it is short of disk, memory or connections, an
 * operator stopped it, its system failed, there was a deadlock (manual, appendix A: classes 40, 53, 57, 58).
 */
export function isTransient(error: unknown): boolean {
  return error instanceof TargetError && error.sqlstate !== null && /^(40|53|57|58)/.test(error.sqlstate)
}

/** Errors that somebody must fix before the target can be connected to, read or written again. */
const LASTING = [
  'wrong-password',
  'tls-refused',
  'tls-required',
  'certificate-invalid',
  'journal-of-another-role',
  'journal-not-ordinary',
  'target-of-another-role',
  'table-replaced',
  'table-runs-foreign-code',
]

/**
 * True when the same work may succeed later without anybody's help: also after a network failure, a lock, a session that was ended for
 * idling (25P03, 25P04), or on a server that is read-only now (25006). False for what would fail again: a name, a right, a constraint.
 */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof TargetError)) return false
  if (error.sqlstate === null) return !LASTING.includes(error.code)
  return isTransient(error) || /^(08|25006|25P03|25P04|55P03|55006)/.test(error.sqlstate)
}

/** True when the statement itself cannot be executed, for example because a name does not exist (class 42). */
export function isStatementRefusal(error: unknown): error is TargetError {
  return error instanceof TargetError && error.sqlstate !== null && error.sqlstate.startsWith('42')
}

/** Translates an error; a MigrateError is returned unchanged. */
export function translatePgError(error: unknown, address: TargetAddress): MigrateError {
  if (error instanceof MigrateError) return error
  const driver = (error instanceof Error ? error : new Error(String(error))) as DriverError
  const { message } = driver
  const sqlstate = driver.severity !== undefined && driver.code !== undefined ? driver.code : null
  const [code, sentence, hint] =
    sqlstate === null
      ? fromNetwork(driver, message, address)
      : serverErrorText(sqlstate, message, driver, address)
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

function fromNetwork(driver: DriverError, message: string, address: TargetAddress): ErrorText {
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
      return ['connection-lost', `The connection to ${place} was cut.`, AGAIN]
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
    return ['connection-lost', `The connection to ${place} ended.`, AGAIN]
  }
  return ['target-failed', `The connection to ${place} failed: ${message}`, null]
}

/** TLS handshake failures have OpenSSL's or Node's own codes (https://nodejs.org/api/errors.html, tls and X509). */
export function isTlsFailure(error: unknown): boolean {
  const code = (error as DriverError).code ?? ''
  return /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO|INVALID_CA)/.test(
    code,
  )
}

/** The driver's error without what it may quote from a statement's values. */
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

/** Rows for error classes, the first two characters of a code. */
const classes: readonly (readonly [RegExp, Row])[] = [
  [/^(?:08|57P)/, lost],
  [/^(?:22|54)/, refused(null)],
  [/^23/, serverErrors['23000']!],
  [/^(?:25|3B|40)/, passes('transaction-failed', 'The transaction failed', AGAIN)],
  [/^42/, inStatement],
  [/^53/, serverErrors['53000']!],
  [/^55/, changedSince],
  [/^58/, serverErrors['58000']!],
  [/^(?:P0|2F|38|39|09|20)/, inApplication],
  [/^XX/, serverErrors.XX000!],
]

const other: Row = ({ said, hint }) => [
  'server-error',
  `The server said: ${said}`,
  hint ?? "See the server's log.",
]

function serverErrorText(
  sqlstate: string,
  message: string,
  fields: ServerFields,
  address: TargetAddress,
): ErrorText {
  const row = serverErrors[sqlstate] ?? classes.find(([form]) => form.test(sqlstate))?.[1] ?? other
  return row({ ...fields, message, said: `${message} (SQLSTATE ${sqlstate}).`, address })
}
