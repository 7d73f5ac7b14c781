/** `require_auth`, as libpq reads it (PostgreSQL manual section 34.1.2). */

export type AuthMethod = 'none' | 'password' | 'md5' | 'scram-sha-256'
const methods: readonly string[] = ['none', 'password', 'md5', 'scram-sha-256']
/** Methods that libpq knows and we do not support; harmless in a list with others. */
const otherMethods: readonly string[] = ['gss', 'sspi', 'creds', 'oauth']

/** Parses `require_auth` into the allowed methods: a list of names, or of excluded names with `!`. Null when it is malformed. */
export function parseRequireAuth(text: string): readonly AuthMethod[] | null {
  const names = text.split(',').map((name) => name.trim())
  const denied = names.filter((name) => name.startsWith('!')).map((name) => name.slice(1))
  if (denied.length > 0 && denied.length < names.length) return null
  const given = denied.length > 0 ? denied : names
  if (given.some((name) => !methods.includes(name) && !otherMethods.includes(name))) return null
  const allowed = methods.filter((name) => given.includes(name) !== denied.length > 0)
  return allowed as AuthMethod[]
}
