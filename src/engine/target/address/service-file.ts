/**
 * The connection service file, as libpq reads it (PostgreSQL manual section 34.17). Invariant: errors never repeat the file's contents,
 * which may include passwords.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { MigrateError } from '../../model/errors.ts'
import type { Environment } from '../../model/options.ts'
import { readNamedFile } from '../../own-files/named-file.ts'
import { accept, type Parameters } from './connection-string.ts'

/**
 * The parameters in the service's section of the user's file, else of the system's. Throws `target-address-invalid` when there is no such
 * section.
 */
export function serviceParameters(service: string, env: Environment, named?: string): Parameters {
  const own =
    named ??
    env.PGSERVICEFILE ??
    (process.platform === 'win32'
      ? join(env.APPDATA ?? homedir(), 'postgresql', '.pg_service.conf')
      : join(env.HOME ?? homedir(), '.pg_service.conf'))
  const files = [own, ...(env.PGSYSCONFDIR === undefined ? [] : [join(env.PGSYSCONFDIR, 'pg_service.conf')])]
  for (const file of files) {
    const found = sectionOf(file, service)
    if (found !== null) return found
  }
  throw unusable(`No service of that name is in ${files.join(' or ')}.`)
}

const MOST_BYTES = 1 << 20

/** Null when there is no such file or section. */
function sectionOf(file: string, service: string): Parameters | null {
  let text: string
  try {
    text = readNamedFile(file, MOST_BYTES).toString('utf8')
  } catch {
    return null
  }
  let found: Parameters | null = null
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    if (line.startsWith('[')) {
      if (found !== null) break
      if (line === `[${service}]`) found = {}
      continue
    }
    if (found === null) continue
    const equals = line.indexOf('=')
    const name = line.slice(0, Math.max(0, equals)).trim()
    if (equals < 0 || name === 'service' || line.startsWith('ldap')) {
      throw unusable(`Line ${index + 1} of ${file} is no name=value that can be used here.`)
    }
    // The first occurrence applies.
    if (found[name] === undefined) accept(found, name, line.slice(equals + 1).trim())
  }
  return found
}

function unusable(why: string): MigrateError {
  return new MigrateError('usage', 'target-address-invalid', `The target's service cannot be used. ${why}`, {
    hint: 'PGSERVICEFILE names another file; or give the host, port and database themselves.',
  })
}
