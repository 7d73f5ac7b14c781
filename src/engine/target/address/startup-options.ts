/**
 * The settings in a connection's `options` (manual section 34.1.2). Invariant: a setting that our sessions would override is refused,
 * unless its value is the one that they set; the server applies all others.
 */

const zero = /^0+\s*(?:us|ms|s|min|h|d)?$/i
const off = /^(?:off|false|no|0)$/i
const endless = 'a statement of a run takes as long as its rows do'

/** Settings that our sessions override and that would change behaviour; output formats do not. */
const REPLACED: Readonly<Record<string, { readonly met: RegExp | null; readonly because: string }>> = {
  statement_timeout: { met: zero, because: endless },
  transaction_timeout: { met: zero, because: endless },
  idle_session_timeout: { met: zero, because: endless },
  idle_in_transaction_session_timeout: { met: zero, because: endless },
  lock_timeout: { met: null, because: 'a statement of a run waits up to five minutes for a lock' },
  default_transaction_read_only: { met: off, because: 'a run writes' },
  default_transaction_isolation: {
    met: /^read committed$/i,
    because: 'each transaction of a run has the isolation that it needs',
  },
}

/**
 * Settings by name, in lower case and with `_`, as the server reads them, from `-c name=value`, `-cname=value` and `--name=value`; the last
 * one applies.
 */
export function optionSettings(options: string | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  // A backslash escapes a space within a word.
  const words = [...(options ?? '').matchAll(/(?:\\.|[^\s\\])+/gs)].map(([word]) =>
    word.replace(/\\(.)/gs, '$1'),
  )
  for (const [index, word] of words.entries()) {
    const setting =
      word === '-c'
        ? words[index + 1]
        : /^(?:-c|--)(?=\w)/.test(word)
          ? word.replace(/^(?:-c|--)/, '')
          : undefined
    const equals = setting?.indexOf('=') ?? -1
    if (setting === undefined || equals < 0) continue
    found.set(setting.slice(0, equals).replaceAll('-', '_').toLowerCase(), setting.slice(equals + 1))
  }
  return found
}

/** The first setting that would be overridden, with the reason; null when there is none. */
export function findReplaced(options: string): { readonly name: string; readonly because: string } | null {
  for (const [name, value] of optionSettings(options)) {
    const replaced = Object.hasOwn(REPLACED, name) ? REPLACED[name]! : null
    if (replaced !== null && replaced.met?.test(value.trim()) !== true)
      return { name, because: replaced.because }
  }
  return null
}
