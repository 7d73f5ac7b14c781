/**
 * SQL that a person's file gives for the target: a type, a default, a condition. Invariant: what passes stays inside the clause
 * that it is put into: no second statement, no comment, no bracket that it did not open.
 */

/** Why the fragment can't be put into a statement; null when it can. */
export function refusalOfFragment(sql: string): string | null {
  // PostgreSQL's texts, with E'' escapes refused because a backslash would move their end.
  if (/(?:^|[^\w])[eu]&?'/i.test(sql) && sql.includes('\\')) return 'it holds a backslash'
  if (/\$\w*\$/.test(sql)) return 'it holds a text in dollar signs'
  const bare = sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, ' ')
  if (/['"]/.test(bare)) return 'a quote is not closed'
  if (bare.includes(';')) return 'it holds a semicolon'
  if (bare.includes('--') || bare.includes('/*')) return 'it holds a comment'
  if (bare.includes('\0')) return 'it holds U+0000'
  let depth = 0
  for (const bracket of bare.replace(/[^()[\]]/g, '')) {
    depth += bracket === '(' || bracket === '[' ? 1 : -1
    if (depth < 0) return 'a bracket is closed that was not opened'
  }
  return depth === 0 ? null : 'a bracket is not closed'
}

/** A column's type: words, digits and what stands in brackets, nothing else. */
export function refusalOfType(type: string): string | null {
  const isType = /^[a-z][a-z0-9_ ]*(?: ?\( ?\d+ ?(?:, ?\d+ ?)?\))?(?: with(?:out)? time zone)?$/i.test(
    type.trim(),
  )
  return isType ? null : 'it is no type'
}
