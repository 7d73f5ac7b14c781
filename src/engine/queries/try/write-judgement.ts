/** Turns the tries of a writing statement into a verdict, codes and sentences. Pure. */

import { isSameName } from '../../syntax/sqlite-names.ts'
import { type Refusal, reasonOfRefusal } from '../differences/refusals.ts'
import { columnNamed } from '../tables/known-tables.ts'
import { writtenTable } from '../tables/written-table.ts'
import { type JudgeGround, type Judgement, judged, type ReadCase } from '../trial/judge-ground.ts'
import { shownParameters } from '../trial/parameter-text.ts'
import { sameJudgement } from './judgement.ts'
import type { WriteResult } from './write-results.ts'

/** Judges a statement with the same rows; a copy with another text order cannot show differences that the target's order makes. */
export function judgementOfSame(
  tried: number,
  one: ReadCase,
  { writesInTargetOrder }: JudgeGround,
): Judgement {
  const { hazards } = one
  const certain = writesInTargetOrder
    ? []
    : hazards.filter(({ code, isCertain }) => code === 'text-order' && isCertain)
  if (certain.length === 0) return sameJudgement(one, { parametersTried: tried })
  const but = certain.map(({ detail }) => detail).join('; ')
  const detail = `It leaves the same rows on the copy, whose text is ordered by its bytes, but ${but}.`
  return judged('differs', ['text-order'], detail, { parametersTried: tried })
}

export function judgementOfWrite(result: Exclude<WriteResult, { kind: 'same' }>, one: ReadCase): Judgement {
  const { hazards } = one
  const where = result.isOnRealRows ? '' : ' Today’s rows do not show it; others do.'
  if (result.kind === 'refused') {
    const { code, detail } =
      missingDefault(result, one) ??
      reasonOfRefusal({ ...result, isNumbered: isNumbered(result, one) }, hazards)
    return judged('fails', [code], `${detail}${where}`, { parametersTried: result.tried })
  }
  const codes = hazards.filter(({ code }) => code !== 'insert-or').map(({ code }) => code)
  const triggers = triggersOf(one)
  const reasons = [...(triggers.length === 0 ? [] : ['trigger']), ...codes]
  const ran = triggers.length === 0 ? '' : ` SQLite runs ${triggers.join(', ')}; triggers are not moved.`
  const { isOnRealRows, sqlite, postgres } = result
  const example = { parameters: shownParameters(result.list), isOnRealRows, sqlite, postgres }
  return judged('differs', reasons.length > 0 ? reasons : ['writes-differ'], `${result.what}${where}${ran}`, {
    parametersTried: result.tried,
    example,
  })
}

/** Explains a refused null in a column that a default fills in SQLite but not in the target; null for any other refusal. */
function missingDefault(
  { sqlstate, message }: Refusal,
  one: ReadCase,
): { code: string; detail: string } | null {
  if (sqlstate !== '23502') return null
  const name = /column "([^"]+)"/.exec(message)?.[1]
  const table = writtenTable(one)
  const source = table?.columns.find(({ target }) => target?.name === name)?.name
  const standard = table?.catalog.columns.find((column) => column.name === source)?.default ?? null
  if (standard === null) return null
  return {
    code: 'default-missing',
    detail: `SQLite fills ${source} with its default ${standard}, which the column does not have in the target: set one (alter table … alter column … set default …), or give a value.`,
  }
}

/** Whether the refusal is for NULL in a key, for which SQLite takes the next number. */
function isNumbered({ sqlstate, message }: Refusal, one: ReadCase): boolean {
  const table = writtenTable(one)
  const name = /column "([^"]+)"/.exec(message)?.[1]
  if (sqlstate !== '23502' || name === undefined || table?.catalog.key.kind !== 'rowid') return false
  return columnNamed(table, table.catalog.key.column ?? '')?.target?.name === name
}

/** Returns the triggers that the statement fires in SQLite. */
function triggersOf(one: ReadCase): string[] {
  const table = writtenTable(one)
  if (table === null) return []
  const [verb = ''] = /^\s*(?:insert|replace|update|delete)/i.exec(one.sql) ?? []
  const event = verb.trim().toLowerCase().replace('replace', 'insert')
  return one.database.catalog.triggers.flatMap(({ name, table: of, sql }) => {
    const fires = new RegExp(`\\b${event}\\b(?:\\s+of\\b[^;]*?)?\\s+on\\b`, 'i').test(sql)
    return isSameName(of, table.name) && fires ? [`the trigger ${name}`] : []
  })
}
