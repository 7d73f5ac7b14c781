/** Parses a JSON array without losing digits of its numbers. Pure. */

/** A number as JSON spells it. */
export class Digits {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Returns the members, with `Digits` for numbers at every depth; null when the text is no JSON array. */
export function readJsonArray(text: string): readonly unknown[] | null {
  let read: unknown
  try {
    read = JSON.parse(text, ((_key: string, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' ? new Digits(context?.source ?? String(value)) : value) as never)
  } catch {
    return null
  }
  return Array.isArray(read) ? read : null
}
