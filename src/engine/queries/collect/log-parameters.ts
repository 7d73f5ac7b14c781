/**
 * Reads parameters as logs write them: Python's tuples, lists and dicts, JSON. Invariant: a list is returned only when every item is a
 * value that a database can hold.
 */
type Value = string | number | null

const token =
  /\s*(?:(?<open>[([{])|(?<close>[)\]}])|(?<comma>,)|(?<colon>:)|(?<bytes>b(?='|"))|'(?<single>(?:[^'\\]|\\.)*)'|"(?<double>(?:[^"\\]|\\.)*)"|(?<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<word>\w+)(?<call>\()?)/suy

/** Returns null when the parameters cannot be read. The values of a dict are in its order. */
export function readParameters(text: string): readonly Value[] | null {
  const values: Value[] = []
  token.lastIndex = 0
  let depth = 0
  let isKey = false
  while (token.lastIndex < text.trimEnd().length) {
    const groups = token.exec(text)?.groups
    if (groups === undefined || groups.call !== undefined || groups.bytes !== undefined) return null
    if (groups.open !== undefined) {
      depth++
      isKey = groups.open === '{'
      // Deeper than the list of lists that executemany logs, of which the first is returned below.
      if (depth > 2) return null
    } else if (groups.close !== undefined) {
      if (--depth <= 1 && values.length > 0 && depth === 1) return values
    } else if (groups.colon !== undefined) isKey = false
    else if (groups.comma !== undefined) isKey = text.trimStart().startsWith('{')
    else if (!isKey) {
      const value = valueOfToken(groups)
      if (value === undefined) return null
      values.push(value)
    }
  }
  return values
}

function valueOfToken(groups: Readonly<Record<string, string | undefined>>): Value | undefined {
  const quoted = groups.single ?? groups.double
  if (quoted !== undefined) return unescaped(quoted)
  if (groups.number !== undefined) return Number(groups.number)
  switch (groups.word?.toLowerCase()) {
    case 'none':
    case 'null':
    case 'nil':
      return null
    case 'true':
      return 1
    case 'false':
      return 0
    default:
      return undefined
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

function unescaped(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))/gs, (_, four, two, one: string) => {
    const hex: string | undefined = four ?? two
    return hex === undefined ? (escapes[one] ?? one) : String.fromCharCode(Number.parseInt(hex, 16))
  })
}
