/**
 * Text as HTML. Invariant: `Html` was escaped or written by this program; everything else is escaped when it is inserted, because names and
 * values come from untrusted databases.
 */
import { printable } from './format.ts'

/** Markup that may be inserted into a page as it is. */
export type Html = { readonly html: string }
export type Content = Html | string | number | null | readonly Content[]

/** A template that escapes its values, except `Html`. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return {
    html: strings.reduce((text, string, index) => text + contentOf(values[index - 1]!) + string),
  }
}

/** Escapes text for elements and quoted attribute values; control characters and direction overrides become visible. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Returns a name that may be broken after dots, slashes and underscores. */
export function breakable(name: string): Html {
  return {
    html: name
      .split(/(?<=[._/-])/)
      .map(escapeHtml)
      .join('<wbr>'),
  }
}

function contentOf(content: Content): string {
  if (content === null) return ''
  if (typeof content === 'string') return escapeHtml(content)
  if (typeof content === 'number') return String(content)
  return 'html' in content ? content.html : content.map(contentOf).join('')
}
