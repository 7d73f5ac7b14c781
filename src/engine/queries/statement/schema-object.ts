/** Reads which object a schema statement creates, alters or drops. Pure. */
import { isNameToken, isWord, upperAt } from '../../syntax/sqlite-tokens.ts'
import { tokensOf } from './statement-kind.ts'

export type SchemaObject = {
  readonly verb: 'create' | 'alter' | 'drop'
  readonly kind: 'table' | 'virtual-table' | 'index' | 'view' | 'trigger'
  readonly name: string
  /** The table concerned: the object's own name, or the name after ON. */
  readonly table: string
  /** The statement has IF EXISTS or IF NOT EXISTS. */
  readonly isConditional: boolean
  readonly isTemporary: boolean
  /** The column that ALTER TABLE adds. */
  readonly addedColumn: string | null
  /** CREATE TABLE … AS: the rows come from a select. */
  readonly isFilled: boolean
}

/** Returns null for any other statement. */
export function schemaObjectOf(sql: string): SchemaObject | null {
  const tokens = tokensOf(sql)
  const upper = (at: number) => upperAt(tokens, at)
  const verb = verbs.find((one) => one.toUpperCase() === upper(0))
  if (verb === undefined) return null
  let at = 1
  const modifiers = new Set<string>()
  while (/^(?:TEMP|TEMPORARY|UNIQUE|VIRTUAL)$/.test(upper(at))) modifiers.add(upper(at++))
  const kind = kinds.find((one) => one.toUpperCase() === upper(at))
  if (kind === undefined) return null
  at++
  const isConditional = upper(at) === 'IF'
  if (isConditional) at += upper(at + 1) === 'NOT' ? 3 : 2
  const schema = upper(at + 1) === '.' ? upper(at) : null
  if (schema !== null) at += 2
  const name = tokens[at]
  if (!isNameToken(name)) return null
  const on = tokens.findIndex((token, place) => place > at && isWord(token, 'ON'))
  const of = tokens[upper(on + 2) === '.' ? on + 3 : on + 1]
  const isOfTable = kind === 'index' || kind === 'trigger'
  const added = upper(at + 1) === 'ADD' ? tokens[upper(at + 2) === 'COLUMN' ? at + 3 : at + 2] : undefined
  return {
    verb,
    kind: modifiers.has('VIRTUAL') ? 'virtual-table' : kind,
    name: name.text,
    table: isOfTable && on > 0 && of !== undefined ? of.text : name.text,
    isConditional,
    isTemporary: schema === 'TEMP' || modifiers.has('TEMP') || modifiers.has('TEMPORARY'),
    addedColumn: verb === 'alter' && isNameToken(added) ? added.text : null,
    isFilled: kind === 'table' && upper(at + 1) === 'AS',
  }
}

const verbs = ['create', 'alter', 'drop'] as const
const kinds = ['table', 'index', 'view', 'trigger'] as const
