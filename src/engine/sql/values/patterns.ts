import { quoteLiteral } from '../../syntax/postgres-names.ts'
import type { Expression } from '../tree/expression.ts'
import { type Printed, type Printer, type Scope, Untranslatable } from '../tree/scope.ts'
import { asText, truth, wrap } from './printed.ts'

/** Prints SQLite's patterns (https://www.sqlite.org/lang_expr.html#the_like_glob_regexp_match_and_extract_operators). */

/** Prints LIKE, GLOB and REGEXP. Throws Untranslatable. */
export function printMatch(
  expression: Expression & { kind: 'match' },
  scope: Scope,
  printer: Printer,
): Printed {
  const matched = printer.value(expression.operand, scope)
  const operand: Printed =
    matched.kind === 'text' ? matched : { sql: asText(matched), kind: 'text', atom: true }
  const pattern = expression.pattern
  if (expression.operator === 'like') {
    const escaper = escapeOf(expression.escape)
    if (pattern.kind !== 'string')
      return printLikeOf(operand, printer.value(pattern, scope), escaper, expression.negated)
    return printLike(operand, pattern.text, escaper, expression.negated)
  }
  if (expression.operator === 'regexp' && scope.isOfSession === true)
    return printRegexp(operand, printer.value(pattern, scope), expression.negated)
  if (expression.operator === 'regexp' || expression.operator === 'match')
    throw new Untranslatable(`${expression.operator}, which SQLite leaves to the application`)
  if (pattern.kind !== 'string') throw new Untranslatable('glob with a pattern that is not a constant')
  return printGlob(operand, pattern.text, expression.negated)
}

/** Returns the escape character in lower case, like the folded pattern; '' when there is none. */
function escapeOf(given: Expression | null): string {
  if (given === null) return ''
  if (given.kind !== 'string') throw new Untranslatable('an ESCAPE that is not a constant')
  if ([...given.text].length !== 1) throw new Untranslatable('an ESCAPE of several characters')
  return given.text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** SQLite's LIKE ignores the case of ASCII letters, and has no escape character by default. */
function printLike(operand: Printed, pattern: string, escaper: string, negated: boolean): Printed {
  if (pattern.includes('\0')) throw new Untranslatable('a text with U+0000')
  const hasLetters = /[a-z]/i.test(pattern)
  const sql = hasLetters ? `lower(${operand.sql} collate "C")` : wrap(operand)
  const folded = pattern.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
  return truth(`${sql} ${negated ? 'not ' : ''}like ${quoteLiteral(folded)} escape ${quoteLiteral(escaper)}`)
}

/** Prints LIKE with a pattern that is not a constant. */
function printLikeOf(operand: Printed, pattern: Printed, escaper: string, negated: boolean): Printed {
  if (pattern.kind !== 'text' && pattern.kind !== 'parameter')
    throw new Untranslatable(`a pattern of type ${pattern.kind}`)
  const folded = (sql: string) => `lower(${sql} collate "C")`
  const text = pattern.kind === 'parameter' ? `${pattern.sql}::text` : wrap(pattern)
  return truth(
    `${folded(wrap(operand))} ${negated ? 'not ' : ''}like ${folded(text)} escape ${quoteLiteral(escaper)}`,
  )
}

/** Prints REGEXP, which SQLite leaves to the application, so that only a try can show what its patterns mean. */
function printRegexp(operand: Printed, pattern: Printed, negated: boolean): Printed {
  if (pattern.kind !== 'text' && pattern.kind !== 'parameter')
    throw new Untranslatable(`a pattern of type ${pattern.kind}`)
  return truth(`${wrap(operand)} ${negated ? '!~' : '~'} ${wrap(pattern)}`)
}

/** Prints GLOB as a regular expression: `*`, `?` and sets; it has no escape character. */
function printGlob(operand: Printed, pattern: string, negated: boolean): Printed {
  let regex = ''
  const characters = [...pattern]
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at]!
    if (character === '*') regex += '.*'
    else if (character === '?') regex += '.'
    else if (character === '[') {
      const negates = characters[at + 1] === '^'
      const first = at + (negates ? 2 : 1)
      const close = characters.indexOf(']', first + 1)
      if (close === -1) throw new Untranslatable('a GLOB set that is not closed')
      const set = characters.slice(first, close).join('')
      if (/[\\[\]^\0]|^-|-$|--/.test(set)) throw new Untranslatable(`the GLOB set [${set}]`)
      regex += `[${negates ? '^' : ''}${set}]`
      at = close
    } else regex += character.replace(/[\\^$.|+(){}\]]/, '\\$&')
  }
  if (regex.includes('\0')) throw new Untranslatable('a text with U+0000')
  return truth(`${wrap(operand)} ${negated ? '!~' : '~'} ${quoteLiteral(`^(?:${regex})$`)}`)
}
