/**
 * Selects the parameters with which a statement is tried. Invariant: SQLite finishes with each of them, as found in a separate process that
 * can be killed.
 */
import { BrokenText } from '../../rows/meaning/source-value.ts'
import { sqliteText } from '../statement/statement-text.ts'
import type { JudgeGround, ReadCase } from './judge-ground.ts'
import type { ParameterList } from './parameters.ts'

/**
 * Returns the statement with the lists of parameters with which SQLite finishes in time. When one list takes too long, the lists after it are
 * left out, and so are the trial rows of a recursion, on which nothing would end it. `writes`: tried on a copy.
 */
export async function boundedCase(one: ReadCase, ground: JudgeGround, writes: boolean): Promise<ReadCase> {
  const lists = isLongWithSome(one) ? one.lists : one.lists.slice(0, 1)
  for (const [at, list] of lists.entries()) {
    if (await ends(one, list, ground, writes)) continue
    return { ...one, lists: lists.slice(0, at), trials: isRecursive(one) ? [] : one.trials }
  }
  return one
}

async function ends(
  { sqliteSql, database }: ReadCase,
  list: ParameterList,
  { side, trials, copies, patience }: JudgeGround,
  writes: boolean,
): Promise<boolean> {
  const { sql, numbers } = sqliteText(sqliteSql)
  const parameters = numbers.map((number) => {
    const value = list.get(number) ?? null
    return value instanceof BrokenText ? value.bytes : value
  })
  const file = writes ? copies.fileOf(database.database) : side.fileOf(database.database)
  const { kind } = await trials.try({ file, sql, parameters, isCopy: writes }, patience.ms)
  return kind !== 'unbounded'
}

/** Whether the time may depend on the parameters: with several tables, a recursion or triggers. */
function isLongWithSome({ sql, tables, database, lists }: ReadCase): boolean {
  if (lists.length < 2) return false
  const isOfSeveral = tables.length > 1 || (sql.match(/\b(?:from|join)\b/gi)?.length ?? 0) > 1
  return isOfSeveral || isRecursive({ sql }) || database.catalog.triggers.length > 0
}

function isRecursive({ sql }: Pick<ReadCase, 'sql'>): boolean {
  return /\brecursive\b/i.test(sql)
}
