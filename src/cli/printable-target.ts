/** Query parameters of a connection string that hold a secret. */
const secrets = ['password', 'sslpassword']

/** A `--target` without its secrets; what is not plainly a URL may hold one anywhere, and is not repeated. */
export function printableTarget(target: string): string {
  if (target === 'embedded' || target.startsWith('embedded:')) return target
  if (!/^postgres(ql)?:\/\//i.test(target) || !URL.canParse(target)) return '$DATABASE_URL'
  const url = new URL(target)
  if (url.password === '' && !secrets.some((name) => url.searchParams.has(name))) return target
  url.password = ''
  for (const name of secrets) url.searchParams.delete(name)
  return url.href
}
