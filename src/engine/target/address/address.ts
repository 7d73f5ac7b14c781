/**
 * The address of the target, as libpq reads it (PostgreSQL manual section 34.1): a URL or `name=value` pairs, then the service file, the
 * PG* variables, the password file and defaults. Invariant: an address is plain data, and only `connect` reads its password.
 */
import { statSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { MigrateError } from '../../model/errors.ts'
import type { Environment } from '../../model/options.ts'
import { readNamedFile } from '../../own-files/named-file.ts'
import { isOfMachine } from '../server/account.ts'
import { type AuthMethod, parseRequireAuth } from './auth-methods.ts'
import { connectionOptions, refuseIgnored } from './connection-options.ts'
import { invalid, type Parameters, parsePairs, parseUrl } from './connection-string.ts'
import { searchPathOf } from './search-path.ts'
import { serviceParameters } from './service-file.ts'
import { optionSettings } from './startup-options.ts'
import { type TlsDemands, tlsOf } from './tls-demands.ts'

export type TargetAddress = {
  /** Host name, IP address, or the folder of a Unix socket (begins with `/`). */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string | null
  /** The password was typed in `--target`; printed commands, which omit it, need it from elsewhere. */
  readonly isPasswordTyped?: true
  readonly tls: TlsDemands
  /** The allowed authentication methods (`require_auth`); absent for all. */
  readonly authMethods?: readonly AuthMethod[]
  /** The kind of server required (`target_session_attrs`); absent for any. */
  readonly session?: 'read-write' | 'primary'
  /** False disables TCP keep-alive (`keepalives=0`). */
  readonly keepAlive?: boolean
  /** The schema for created objects that the address names (`schema`, `currentSchema`, or a search_path in `options`). */
  readonly schema?: string
  readonly connectTimeoutMs: number
  readonly applicationName: string
  readonly options: string | null
  /**
   * The role that does everything (SET ROLE; from --role, or `role` in `options`): its rights apply, and it owns what is created. Absent
   * for the user's own.
   */
  readonly role?: string
  /** Milliseconds that the server may be silent before its process is checked (`keepalives_idle`); absent for the default. */
  readonly silenceMs?: number
}

const DEFAULT_TIMEOUT_MS = 15_000

/**
 * Returns the address of the target: `--target`, else DATABASE_URL, else the PG* variables. Throws the usage errors `no-target` and
 * `target-address-invalid`; errors never repeat any part of the input, which may contain a password.
 */
export function resolveTarget(input: {
  readonly target?: string
  readonly env: Environment
  readonly role?: string | null
}): TargetAddress {
  const { env } = input
  const text = input.target ?? (env.DATABASE_URL ? env.DATABASE_URL : undefined)
  const naming = ['PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGDATABASE', 'PGSERVICE']
  if (text === undefined && !naming.some((name) => env[name])) {
    throw new MigrateError('usage', 'no-target', 'No target was named.', {
      hint: 'Give --target postgres://user@host/database or --target embedded, or set DATABASE_URL or PGHOST.',
    })
  }
  const given: Parameters = text === undefined ? {} : parseText(text)
  const service = given.service ?? (env.PGSERVICE ? env.PGSERVICE : undefined)
  const all: Parameters = {
    ...(service === undefined ? {} : serviceParameters(service, env, given.servicefile)),
    ...given,
  }
  for (const [name, { variable }] of Object.entries(connectionOptions)) {
    const value = variable === undefined ? undefined : env[variable]
    if (variable === undefined || value === undefined || value === '' || all[name] !== undefined) continue
    refuseIgnored(name, value, variable)
    all[name] = value
  }
  const address: TargetAddress = {
    ...addressOf(all, env),
    ...(input.target !== undefined && given.password !== undefined ? { isPasswordTyped: true } : {}),
  }
  const named = optionSettings(all.options).get('role')
  const role = input.role ?? (named === undefined || /^none$/i.test(named) ? null : named)
  return role === null ? address : { ...address, role }
}

/** The same address with another database. */
export function withDatabase(address: TargetAddress, database: string): TargetAddress {
  return { ...address, database }
}

/** Host, port, database and user for people and reports, never the password. */
export function describeAddress(address: TargetAddress): string {
  const { host } = address
  const place = host.startsWith('/') ? host : host.includes(':') ? `[${host}]` : host
  const role = address.role === undefined ? '' : ` in the role "${address.role}"`
  return `database "${address.database}" on ${place}:${address.port} as user "${address.user}"${role}`
}

/** A URL without the password: safe to show, and usable when the password comes from the environment or ~/.pgpass. */
export function publicUrl(address: TargetAddress): string {
  const { host, user, database } = address
  const place = host.startsWith('/') ? encodeWord(host) : host.includes(':') ? `[${host}]` : host
  return `postgresql://${encodeWord(user)}@${place}:${address.port}/${encodeWord(database)}`
}

/** Percent-encodes the text, including characters that are special to a shell. */
function encodeWord(word: string): string {
  return encodeURIComponent(word).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** A URL with everything that a program needs to connect, password included: for a process's environment, never to be shown. */
export function secretUrl(address: TargetAddress): string {
  const url = new URL(publicUrl(address))
  if (address.password !== null && address.password !== undefined)
    url.password = encodeURIComponent(address.password)
  if (address.tls.mode !== 'prefer') url.searchParams.set('sslmode', address.tls.mode)
  return url.href
}

/**
 * Replaces the password in `text`, percent-encoded or not, with `***`. A last defence for texts from elsewhere: a password of a few
 * characters, or one equal to the user's or the database's name, can't be told from other words and stays.
 */
export function redact(text: string, address: TargetAddress): string {
  const { password } = address
  if (password === null || password.length < 5) return text
  if ([address.user, address.database, address.host].includes(password)) return text
  const spellings = [
    password,
    encodeURIComponent(password),
    encodeURI(password),
    JSON.stringify(password).slice(1, -1),
  ]
  return [...new Set(spellings)].reduce((safe, spelling) => safe.replaceAll(spelling, '***'), text)
}

function parseText(text: string): Parameters {
  const trimmed = text.trim()
  if (/^postgres(ql)?:\/\//.test(trimmed)) return parseUrl(trimmed)
  if (/^\s*\w+\s*=/.test(trimmed)) return parsePairs(trimmed)
  throw invalid('It is neither a postgres:// URL nor a list of name=value pairs.')
}

function addressOf(given: Parameters, env: Environment): TargetAddress {
  const port = given.port === undefined ? 5432 : wholeNumber(given.port, 1, 65535)
  if (port === null) throw invalid('The port is no number between 1 and 65535.')
  const host = given.hostaddr ?? given.host ?? defaultHost(port)
  if (host.includes(',')) throw invalid('It names several hosts.', 'Name the one that takes writes.')
  const user = given.user ?? systemUser()
  const database = given.dbname ?? user
  const timeout = given.connect_timeout === undefined ? null : wholeNumber(given.connect_timeout, 0, 86_400)
  const idle = given.keepalives_idle === undefined ? null : wholeNumber(given.keepalives_idle, 0, 86_400)
  const schema = given.schema ?? given.currentSchema ?? searchPathOf(given.options)
  return {
    host,
    port,
    database,
    user,
    password: given.password ?? passwordFromFile({ host, port, database, user }, given.passfile, env),
    tls: tlsOf(given),
    // 0 means no limit to libpq; we always have one.
    connectTimeoutMs: timeout === null || timeout === 0 ? DEFAULT_TIMEOUT_MS : timeout * 1000,
    applicationName: given.application_name ?? given.fallback_application_name ?? 'gpt-migrate',
    options: given.options ?? null,
    ...demandsOf(given),
    ...(given.keepalives === '0' ? { keepAlive: false } : {}),
    ...(schema === undefined ? {} : { schema }),
    ...(idle === null || idle === 0 ? {} : { silenceMs: idle * 1000 }),
  }
}

/** What the server must prove or be before it is used. */
function demandsOf(given: Parameters): Pick<TargetAddress, 'authMethods' | 'session'> {
  const authMethods = given.require_auth === undefined ? undefined : parseRequireAuth(given.require_auth)
  if (authMethods === null)
    throw invalid(
      'require_auth must list methods, or methods with !.',
      'Such as require_auth=scram-sha-256, or require_auth=!password,!md5.',
    )
  const session = given.target_session_attrs ?? 'any'
  if (session === 'read-only' || session === 'standby')
    throw invalid(
      `target_session_attrs=${session} asks for a server that takes no writes.`,
      'Name the server that takes writes, with target_session_attrs=read-write or none.',
    )
  if (!['any', 'read-write', 'primary', 'prefer-standby'].includes(session))
    throw invalid('target_session_attrs must be any, read-write or primary.')
  return {
    ...(authMethods === undefined ? {} : { authMethods }),
    ...(session === 'read-write' || session === 'primary' ? { session } : {}),
  }
}

/**
 * libpq is built with one socket folder, which depends on the system's packager. Every user of the machine may put a socket into /tmp, so
 * sockets of strangers are skipped.
 */
function defaultHost(port: number): string {
  if (process.platform !== 'win32') {
    for (const folder of ['/var/run/postgresql', '/tmp']) {
      const socket = statSync(join(folder, `.s.PGSQL.${port}`), { throwIfNoEntry: false })
      if (socket?.isSocket() === true && isOfMachine(socket)) return folder
    }
  }
  return 'localhost'
}

function systemUser(): string {
  try {
    return userInfo().username
  } catch {
    return 'postgres'
  }
}

/**
 * Section 34.16: `host:port:database:user:password`, the first matching line. A file that others can read is not used: ~/.pgpass is
 * skipped, a file named explicitly is refused. The package pgpass is not used, because it prints warnings to the terminal and reads
 * process.env.
 */
function passwordFromFile(
  wanted: { readonly host: string; readonly port: number; readonly database: string; readonly user: string },
  file: string | undefined,
  env: Environment,
): string | null {
  const usual =
    process.platform === 'win32'
      ? join(env.APPDATA ?? homedir(), 'postgresql', 'pgpass.conf')
      : join(env.HOME ?? homedir(), '.pgpass')
  let lines: string[]
  try {
    const path = file ?? usual
    const stats = statSync(path)
    if (!stats.isFile()) return null
    if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
      if (file === undefined) return null
      throw invalid(
        'Others may read the password file that it names.',
        'Make it yours alone: chmod 0600 FILE.',
      )
    }
    lines = readNamedFile(path, MOST_FILE_BYTES).toString('utf8').split(/\r?\n/)
  } catch (error) {
    if (error instanceof MigrateError) throw error
    return null
  }
  const local = wanted.host === '/var/run/postgresql' || wanted.host === '/tmp'
  const asked = [local ? 'localhost' : wanted.host, String(wanted.port), wanted.database, wanted.user]
  for (const line of lines) {
    if (line.startsWith('#')) continue
    const fields = [...line.matchAll(/((?:\\.|[^:\\])*)(?::|$)/g)].slice(0, 5).map((match) => match[1]!)
    if (fields.length < 5) continue
    const [password, ...rest] = [fields[4]!, ...fields.slice(0, 4)].map((field) =>
      field.replace(/\\(.)/g, '$1'),
    )
    if (rest.every((field, i) => fields[i] === '*' || field === asked[i])) return password!
  }
  return null
}

const MOST_FILE_BYTES = 1 << 20

function wholeNumber(text: string, min: number, max: number): number | null {
  const number = /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : Number.NaN
  return number >= min && number <= max ? number : null
}

/** Whether the server certainly runs on this machine: the address is a socket or a loopback address. */
export function isThisMachine({ host }: Pick<TargetAddress, 'host'>): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
