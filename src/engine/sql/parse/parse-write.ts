import { TokenStream } from '../../syntax/sqlite-tokens.ts'
import type { Expression } from '../tree/expression.ts'
import type { Joined, ResultColumn, Select } from '../tree/select.ts'
import { readExpression } from './parse-expression.ts'
import { readFrom, readNames, readResults, readSelect } from './parse-select.ts'

/**
 * Parses SQLite's statements that write (https://www.sqlite.org/lang_insert.html, lang_update.html, lang_delete.html). Invariant: unknown
 * syntax (WITH, ORDER BY, INDEXED BY) is an SqlSyntaxError, never guessed.
 */

export type Assignment = { readonly columns: readonly string[]; readonly value: Expression }

export type Upsert = {
  /** Null for a conflict on any key. */
  readonly target: readonly string[] | null
  readonly where: Expression | null
  /** Null for DO NOTHING. */
  readonly update: { readonly sets: readonly Assignment[]; readonly where: Expression | null } | null
}

export type WriteStatement = {
  readonly table: string
  readonly isQualified: boolean
  readonly alias: string | null
  readonly returning: readonly ResultColumn[]
} & (
  | {
      readonly kind: 'insert'
      readonly resolution: string | null
      readonly columns: readonly string[] | null
      /** Null for DEFAULT VALUES. */
      readonly source: Select | null
      readonly upserts: readonly Upsert[]
    }
  | {
      readonly kind: 'update'
      readonly resolution: string | null
      readonly sets: readonly Assignment[]
      readonly from: readonly Joined[]
      readonly where: Expression | null
    }
  | { readonly kind: 'delete'; readonly where: Expression | null }
)

/** Throws SqlSyntaxError. */
export function parseWrite(sql: string): WriteStatement {
  const stream = new TokenStream(sql)
  const statement = readStatement(stream)
  stream.takeSymbol(';')
  if (stream.peek().kind !== 'end') throw stream.surprise('after the statement')
  return statement
}

function readStatement(stream: TokenStream): WriteStatement {
  if (stream.takeKeywords('DELETE', 'FROM')) {
    const named = readTable(stream)
    return { kind: 'delete', ...named, where: readWhere(stream), returning: readReturning(stream) }
  }
  if (stream.takeKeywords('UPDATE')) {
    const resolution = readResolution(stream)
    const named = readTable(stream)
    stream.expectKeywords('SET')
    const sets = readSets(stream)
    const from = stream.takeKeywords('FROM') ? readFrom(stream) : []
    return {
      kind: 'update',
      resolution,
      ...named,
      sets,
      from,
      where: readWhere(stream),
      returning: readReturning(stream),
    }
  }
  const isReplace = stream.takeKeywords('REPLACE')
  if (!isReplace) stream.expectKeywords('INSERT')
  const resolution = isReplace ? 'replace' : readResolution(stream)
  stream.expectKeywords('INTO')
  const named = readTable(stream)
  const columns = stream.isSymbol('(') ? readNames(stream) : null
  const source = stream.takeKeywords('DEFAULT', 'VALUES') ? null : readSelect(stream)
  const upserts: Upsert[] = []
  while (stream.takeKeywords('ON', 'CONFLICT')) upserts.push(readUpsert(stream))
  return { kind: 'insert', resolution, ...named, columns, source, upserts, returning: readReturning(stream) }
}

function readResolution(stream: TokenStream): string | null {
  return stream.takeKeywords('OR') ? stream.expectName().toLowerCase() : null
}

function readTable(stream: TokenStream): Pick<WriteStatement, 'table' | 'isQualified' | 'alias'> {
  const first = stream.expectName()
  const isQualified = stream.takeSymbol('.')
  const table = isQualified ? stream.expectName() : first
  return { table, isQualified, alias: stream.takeKeywords('AS') ? stream.expectName() : null }
}

function readSets(stream: TokenStream): Assignment[] {
  return stream.list(() => {
    const columns = stream.isSymbol('(') ? readNames(stream) : [stream.expectName()]
    stream.expectSymbol('=')
    return { columns, value: readExpression(stream) }
  })
}

function readWhere(stream: TokenStream): Expression | null {
  return stream.takeKeywords('WHERE') ? readExpression(stream) : null
}

function readReturning(stream: TokenStream): readonly ResultColumn[] {
  return stream.takeKeywords('RETURNING') ? readResults(stream) : []
}

function readUpsert(stream: TokenStream): Upsert {
  const target = stream.isSymbol('(') ? readNames(stream) : null
  const where = readWhere(stream)
  stream.expectKeywords('DO')
  if (stream.takeKeywords('NOTHING')) return { target, where, update: null }
  stream.expectKeywords('UPDATE', 'SET')
  return { target, where, update: { sets: readSets(stream), where: readWhere(stream) } }
}
