/**
 * Where the target is, as libpq would read it (PostgreSQL manual section 34.1): a URL or `name=value` pairs, then the service
 * file, the PG* variables, the password file and defaults. Invariant: an address is plain data, and nothing but `connect` reads its password.
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
  /** It stood in `--target`: commands that are printed need it from elsewhere. */
  readonly isPasswordTyped?: true
  readonly tls: TlsDemands
  /** The ways of authentication that are allowed (`require_auth`); absent for all. */
  readonly authMethods?: readonly AuthMethod[]
  /** What the server must be (`target_session_attrs`); absent for anything that can be connected to. */
  readonly session?: 'read-write' | 'primary'
  /** False turns probes of an idle connection off (`keepalives=0`). */
  readonly keepAlive?: boolean
  /** The schema that the address names for what is created (`schema`, `currentSchema`, or a search_path in `options`). */
  readonly schema?: string
  readonly connectTimeoutMs: number
  readonly applicationName: string
  readonly options: string | null
  /** Everything is done as this role (SET ROLE; --role, or `role` in `options`), with its rights and for it to own; absent for the user's own. */
  readonly role?: string
  /** How long the server may be silent before its process is checked (`keepalives_idle`); absent for the usual. */
  readonly silenceMs?: number
}

const DEFAULT_TIMEOUT_MS = 15_000

/**
 * The address of the target: `--target`, else DATABASE_URL, else the PG* variables. Throws usage errors `no-target` when nobody
 * named one and `target-address-invalid`; no error repeats any part of what was given, since it may hold a password.
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

/** The same place with another database. */
export function withDatabase(address: TargetAddress, database: string): TargetAddress {
  return { ...address, database }
}

/** For people and reports: host, port, database and user, never the password. */
export function describeAddress(address: TargetAddress): string {
  const { host } = address
  const place = host.startsWith('/') ? host : host.includes(':') ? `[${host}]` : host
  const role = address.role === undefined ? '' : ` in the role "${address.role}"`
  return `database "${address.database}" on ${place}:${address.port} as user "${address.user}"${role}`
}

/** A URL of the address that is safe to show and can be run again where the password comes from the environment or ~/.pgpass. */
export function publicUrl(address: TargetAddress): string {
  const { host, user, database } = address
  const place = host.startsWith('/') ? encodeWord(host) : host.includes(':') ? `[${host}]` : host
  return `postgresql://${encodeWord(user)}@${place}:${address.port}/${encodeWord(database)}`
}

/** Percent-encoded, also where a shell would take a character for its own. */
function encodeWord(word: string): string {
  return encodeURIComponent(word).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** A URL with everything that a program needs to connect: for the environment of a process, never for anybody's eyes. */
export function secretUrl(address: TargetAddress): string {
  const url = new URL(publicUrl(address))
  if (address.password !== null && address.password !== undefined)
    url.password = encodeURIComponent(address.password)
  if (address.tls.mode !== 'prefer') url.searchParams.set('sslmode', address.tls.mode)
  return url.href
}

/**
 * The text with the password, also percent-encoded, replaced by `***`. A last defence for texts that others wrote: a password
 * that is as short as a syllable, or is the user's or database's own name, can't be distinguished from other words and stays.
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
    // libpq: 0 waits forever. We never do.
    connectTimeoutMs: timeout === null || timeout === 0 ? DEFAULT_TIMEOUT_MS : timeout * 1000,
    applicationName: given.application_name ?? given.fallback_application_name ?? 'gpt-migrate',
    options: given.options ?? null,
    ...demandsOf(given),
    ...(given.keepalives === '0' ? { keepAlive: false } : {}),
    ...(schema === undefined ? {} : { schema }),
    ...(idle === null || idle === 0 ? {} : { silenceMs: idle * 1000 }),
  }
}

/** What is demanded of the server before it is believed. */
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
 * libpq is built with one socket folder; which one, the system's maker decides. Every user of the machine may put a socket into /tmp:
 * a stranger's is passed over.
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
 * Section 34.16: `host:port:database:user:password`, the first line that fits. A file that others can read is not used:
 * ~/.pgpass is passed over, one that was named is refused.
 * Read here and not by the package pgpass, which writes warnings to the terminal and reads process.env.
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

/** Whether the server surely runs on this machine: behind a socket file, or the machine's own address. */
export function isThisMachine({ host }: Pick<TargetAddress, 'host'>): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
