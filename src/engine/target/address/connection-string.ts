/**
 * Parses libpq's two forms of an address into parameters with libpq's names (PostgreSQL manual section 34.1.1). Invariant: errors never
 * repeat any part of the text, which may contain a password in an unexpected place.
 */
import { MigrateError } from '../../model/errors.ts'
import { refuseIgnored } from './connection-options.ts'

export type Parameters = Record<string, string>
/** `postgres://user:password@host:port/database?name=value`; every part is optional. */
export function parseUrl(text: string): Parameters {
  const rest = text.slice(text.indexOf('://') + 3)
  const slash = rest.indexOf('/')
  const beforePath = slash < 0 ? rest : rest.slice(0, slash)
  // The last @, since a password may contain one.
  const at = beforePath.lastIndexOf('@')
  const result: Parameters = {}
  if (at >= 0) {
    const account = beforePath.slice(0, at)
    const colon = account.indexOf(':')
    put(result, 'user', decode(colon < 0 ? account : account.slice(0, colon)))
    if (colon >= 0) put(result, 'password', decode(account.slice(colon + 1)))
  }
  const tail = rest.slice(at + 1)
  const question = tail.indexOf('?')
  const hierarchy = question < 0 ? tail : tail.slice(0, question)
  const pathStart = hierarchy.indexOf('/')
  const place = pathStart < 0 ? hierarchy : hierarchy.slice(0, pathStart)
  const match = /^(\[[^\]]*\]|[^:[\]]*)(?::(.*))?$/.exec(place)
  if (match === null) throw unreadable('Its host cannot be read.')
  put(result, 'host', decode(match[1]!.replace(/^\[|\]$/g, '')))
  put(result, 'port', match[2] ?? '')
  const path = pathStart < 0 ? '' : hierarchy.slice(pathStart + 1)
  // The password contains an unescaped /: what follows would be shown as the database's name.
  if (at < 0 && path.includes('@')) throw unreadable('There is an @ after its first /.')
  put(result, 'dbname', decode(path))
  if (question >= 0) {
    for (const pair of tail.slice(question + 1).split('&')) {
      if (pair === '') continue
      const equals = pair.indexOf('=')
      if (equals < 0) throw unreadable('A parameter after the ? has no value.')
      accept(result, decode(pair.slice(0, equals)), decode(pair.slice(equals + 1)))
    }
  }
  return result
}

/** `host=… port=… dbname=…`, values with spaces in single quotes, with \' and \\ inside. */
export function parsePairs(text: string): Parameters {
  const result: Parameters = {}
  const pair = /\s*(\w+)\s*=\s*(?:'((?:\\.|[^'\\])*)'|((?:\\.|[^\s\\'])*))(?=\s|$)/suy
  let at = 0
  while (at < text.length) {
    pair.lastIndex = at
    const match = pair.exec(text)
    if (match === null) {
      if (text.slice(at).trim() === '') break
      throw unreadable('A name=value pair cannot be read.')
    }
    accept(result, match[1]!, (match[2] ?? match[3]!).replace(/\\(.)/gs, '$1'))
    at = pair.lastIndex
  }
  return result
}

/** Adds a parameter under its libpq name. */
export function accept(result: Parameters, name: string, value: string): void {
  refuseIgnored(name, value, null)
  if (name === 'ssl') put(result, 'sslmode', sslModeOf(value))
  else put(result, name, value)
}

/** The short form that node-postgres and JDBC use. */
function sslModeOf(value: string): string {
  if (value === 'true' || value === '1') return 'require'
  if (value === 'false' || value === '0') return 'disable'
  throw unreadable('ssl must be true or false.', 'Use sslmode, such as sslmode=verify-full.')
}

export function invalid(why: string, hint?: string): MigrateError {
  return new MigrateError('usage', 'target-address-invalid', `The target's address cannot be used. ${why}`, {
    hint:
      hint ??
      'It looks like postgres://user:password@host:5432/database; write special characters as %40 and so on.',
  })
}

function put(result: Parameters, name: string, value: string): void {
  if (value.includes('\0')) throw unreadable('It holds the character U+0000.')
  if (value !== '') result[name] = value
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw unreadable('It holds a % that is not followed by two hexadecimal digits.', 'Write % itself as %25.')
  }
}

function unreadable(why: string, hint?: string): MigrateError {
  return new MigrateError('usage', 'target-address-invalid', `The target's address cannot be used. ${why}`, {
    hint:
      hint ??
      'It looks like postgres://user:password@host:5432/database; in a password write / as %2F, @ as %40, : as %3A.',
  })
}
