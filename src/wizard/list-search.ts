/** The filter of a long list: what was typed, and what it leaves. Pure. */
export function matches(text: string, filter: string): boolean {
  const words = filter.toLowerCase().split(/\s+/)
  const lower = text.toLowerCase()
  return words.every((word) => lower.includes(word))
}
