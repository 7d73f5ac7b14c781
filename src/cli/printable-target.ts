/** Query parameters of a connection string that hold a secret. */
const secrets = ['password', 'sslpassword']

/** A `--target` without its secrets. Text that is not plainly a URL may hold a secret anywhere, so `$DATABASE_URL` stands for it. */
export function printableTarget(target: string): string {
  if (target === 'embedded' || target.startsWith('embedded:')) return target
  if (!/^postgres(ql)?:\/\//i.test(target) || !URL.canParse(target)) return '$DATABASE_URL'
  const url = new URL(target)
  if (url.password === '' && !secrets.some((name) => url.searchParams.has(name))) return target
  url.password = ''
  for (const name of secrets) url.searchParams.delete(name)
  return url.href
}
