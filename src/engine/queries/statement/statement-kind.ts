/**
 * Tells what a statement does by its words alone. Invariant: a statement is passed to a database only when it reads or writes rows, since
 * PRAGMA, ATTACH and the like act as soon as they are prepared.
 */
import type { StatementKind } from '../../model/queries.ts'
import { cutTokens, depthsOf, type Token } from '../../syntax/sqlite-tokens.ts'

const kinds: Readonly<Record<string, StatementKind>> = {
  SELECT: 'read',
  VALUES: 'read',
  INSERT: 'write',
  REPLACE: 'write',
  UPDATE: 'write',
  DELETE: 'write',
  CREATE: 'schema',
  ALTER: 'schema',
  DROP: 'schema',
  BEGIN: 'control',
  COMMIT: 'control',
  END: 'control',
  ROLLBACK: 'control',
  SAVEPOINT: 'control',
  RELEASE: 'control',
  PRAGMA: 'setting',
  ATTACH: 'maintenance',
  DETACH: 'maintenance',
  VACUUM: 'maintenance',
  ANALYZE: 'maintenance',
  REINDEX: 'maintenance',
  EXPLAIN: 'maintenance',
}

/** Returns null when the first word begins no statement. */
export function kindOfStatement(tokens: readonly Token[]): StatementKind | null {
  const first = tokens[0]
  if (first?.kind !== 'word') return null
  const word = first.text.toUpperCase()
  if (word !== 'WITH') return kinds[word] ?? null
  const depths = depthsOf(tokens)
  const outer = tokens.filter(({ kind }, at) => kind === 'word' && depths[at] === 0)
  const found = outer.map(({ text }) => kinds[text.toUpperCase()])
  return found.find((kind) => kind === 'read' || kind === 'write') ?? null
}

/** Returns the tokens without the one that marks the end. */
export function tokensOf(sql: string): readonly Token[] {
  return cutTokens(sql).slice(0, -1)
}

export type StatementPart = { readonly sql: string; readonly offset: number }

/** Splits a script into statements. The statements in a trigger's body are part of the trigger's. */
export function splitStatements(sql: string): readonly StatementPart[] {
  const tokens = tokensOf(sql)
  const parts: StatementPart[] = []
  let first: Token | null = null
  let last: Token | null = null
  let words: string[] = []
  let inTrigger = 0
  const flush = (): void => {
    if (first !== null && last !== null)
      parts.push({ sql: sql.slice(first.start, last.end), offset: first.start })
    first = null
    last = null
    words = []
    inTrigger = 0
  }
  for (const token of tokens) {
    const upper = token.kind === 'word' ? token.text.toUpperCase() : ''
    if (token.kind === 'symbol' && token.text === ';' && inTrigger === 0) {
      flush()
      continue
    }
    first ??= token
    last = token
    if (words.length < 6) words.push(upper)
    const isTrigger = words[0] === 'CREATE' && words.slice(1, 3).includes('TRIGGER')
    if (isTrigger && upper === 'BEGIN') inTrigger = Math.max(inTrigger, 1)
    else if (isTrigger && inTrigger > 0 && upper === 'CASE') inTrigger++
    else if (isTrigger && inTrigger > 0 && upper === 'END') inTrigger--
  }
  flush()
  return parts
}
