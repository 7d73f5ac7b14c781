/** A JSON array whose numbers keep the digits they were written with. Pure. */

/** A number as JSON spells it. */
export class Digits {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** The members, at every depth with `Digits` for numbers; null when the text is no JSON array. */
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
