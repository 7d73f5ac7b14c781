/** The command that does the same again, ready to be pasted into a shell; never with a password. */
import type { Arguments } from './parse-arguments.ts'

export function shellCommand(given: Arguments): string {
  const words = ['npx gpt-migrate --yes']
  const add = (name: string, value: string | null): void => {
    if (value !== null) words.push(`--${name}${value.startsWith('-') ? '=' : ' '}${quoteWord(value)}`)
  }
  for (const source of given.sources) add('source', source)
  for (const [file, name] of Object.entries(given.as)) add('as', `${file}=${name}`)
  add(
    'mapping',
    typeof given.mapping === 'object' && given.mapping !== null ? given.mapping.file : given.mapping,
  )
  add('plan', given.planFile)
  for (const table of given.plan.exclude) add('exclude', table)
  add('target', given.target === null ? null : withoutPassword(given.target))
  add('schema', given.plan.schema)
  add('into', given.plan.into ?? null)
  const defaults: readonly (readonly [string, string, string])[] = [
    ['verify', given.verifyLevel, 'checksum'],
    ['timezone', given.plan.timezone, 'UTC'],
    ['orphans', given.plan.orphans, 'keep'],
    ['unmapped', given.plan.unmapped, 'add'],
    ['on-overflow', given.plan.onOverflow, 'widen'],
    ['on-reject', given.plan.onReject, 'quarantine'],
    ['identifiers', given.plan.identifiers, 'keep'],
    ['timeseries', given.plan.timeseries, 'auto'],
  ]
  for (const [name, value, usual] of defaults) if (value !== usual) add(name, value)
  const switches: readonly (readonly [string, boolean])[] = [
    ['allow-missing', given.plan.allowMissing],
    ['data-only', given.plan.dataOnly === true],
    ['append', given.plan.append === true],
    ['views', given.plan.views === true],
    ['exact', given.plan.exact],
    ['strict-types', given.plan.strictTypes],
    ['int4-when-fits', given.plan.int4WhenFits],
    ['salvage', given.salvage],
    ['keep-running', given.keepRunning],
  ]
  for (const [name, on] of switches) if (on) words.push(`--${name}`)
  if (given.jobs !== null) add('jobs', String(given.jobs))
  if (given.port !== null) add('port', String(given.port))
  add('report', given.report)
  if (given.workFolder !== '.gpt-migrate') add('work-folder', given.workFolder)
  if (given.keepDays !== 14) add('keep-days', String(given.keepDays))
  return words.join(' ')
}

/** Query parameters of a connection string that hold a secret. */
const secrets = ['password', 'sslpassword']

/** A URL without its secrets; what is not plainly a URL may hold one anywhere, and is not repeated. */
function withoutPassword(target: string): string {
  if (target === 'embedded' || target.startsWith('embedded:')) return target
  if (!/^postgres(ql)?:\/\//i.test(target) || !URL.canParse(target)) return '$DATABASE_URL'
  const url = new URL(target)
  if (url.password === '' && !secrets.some((name) => url.searchParams.has(name))) return target
  url.password = ''
  for (const name of secrets) url.searchParams.delete(name)
  return url.href
}

function quoteWord(word: string): string {
  if (word === '$DATABASE_URL') return `"${word}"`
  return /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
