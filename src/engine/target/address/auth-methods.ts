/** `require_auth`, as libpq reads it (PostgreSQL manual section 34.1.2). */

export type AuthMethod = 'none' | 'password' | 'md5' | 'scram-sha-256'
const methods: readonly string[] = ['none', 'password', 'md5', 'scram-sha-256']
/** Methods that libpq knows and that are not spoken here: nothing is lost when they are among several. */
const otherMethods: readonly string[] = ['gss', 'sspi', 'creds', 'oauth']

/** `require_auth` as a list of what is allowed: names, or names that are not, each with `!`. Null when it cannot be read. */
export function parseRequireAuth(text: string): readonly AuthMethod[] | null {
  const names = text.split(',').map((name) => name.trim())
  const denied = names.filter((name) => name.startsWith('!')).map((name) => name.slice(1))
  if (denied.length > 0 && denied.length < names.length) return null
  const given = denied.length > 0 ? denied : names
  if (given.some((name) => !methods.includes(name) && !otherMethods.includes(name))) return null
  const allowed = methods.filter((name) => given.includes(name) !== denied.length > 0)
  return allowed as AuthMethod[]
}
