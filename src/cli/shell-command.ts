/** The command that does the same again, ready to be pasted into a shell; never with a password. */
import type { Arguments } from './parse-arguments.ts'

export function shellCommand(given: Arguments): string {
  const words = ['npx gpt-migrate --yes']
  const add = (name: string, value: string | null): void => {
    if (value !== null) words.push(`--${name} ${quoteWord(value)}`)
  }
  for (const source of given.sources) add('source', source)
  for (const [file, name] of Object.entries(given.as)) add('as', `${file}=${name}`)
  add('mapping', given.mapping)
  for (const table of given.plan.exclude) add('exclude', table)
  add('target', given.target === null ? null : withoutPassword(given.target))
  add('schema', given.plan.schema)
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
    ['exact', given.plan.exact],
    ['strict-types', given.plan.strictTypes],
    ['int4-when-fits', given.plan.int4WhenFits],
    ['salvage', given.salvage],
    ['keep-running', given.keepRunning],
  ]
  for (const [name, on] of switches) if (on) words.push(`--${name}`)
  if (given.jobs !== null) add('jobs', String(given.jobs))
  if (given.workFolder !== '.gpt-migrate') add('work-folder', given.workFolder)
  return words.join(' ')
}

/** A URL without its password; anything that isn't a URL as it is, unless it may hold one. */
function withoutPassword(target: string): string {
  if (target === 'embedded' || target.startsWith('embedded:')) return target
  if (URL.canParse(target)) {
    const url = new URL(target)
    if (url.password === '' && !url.searchParams.has('password')) return target
    url.password = ''
    url.searchParams.delete('password')
    return url.href
  }
  return '$DATABASE_URL'
}

function quoteWord(word: string): string {
  if (word === '$DATABASE_URL') return `"${word}"`
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
