/** Which parameters of a statement are tried. Invariant: with each of them SQLite comes to an end, found in a process that can be ended. */
import { BrokenText } from '../../rows/meaning/source-value.ts'
import { sqliteText } from '../statement/statement-text.ts'
import type { JudgeGround, ReadCase } from './judge-ground.ts'
import type { ParameterList } from './parameters.ts'

/**
 * The statement with the parameters with which SQLite comes to an end in time; `writes`: tried on a copy. Where one list takes too long,
 * those after it are left out, and, of a recursion, the rows made up, on which nothing would end it.
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

/** What a parameter alone may make long: rows of several tables, a recursion, a program of the database. */
function isLongWithSome({ sql, tables, database, lists }: ReadCase): boolean {
  if (lists.length < 2) return false
  const isOfSeveral = tables.length > 1 || (sql.match(/\b(?:from|join)\b/gi)?.length ?? 0) > 1
  return isOfSeveral || isRecursive({ sql }) || database.catalog.triggers.length > 0
}

function isRecursive({ sql }: Pick<ReadCase, 'sql'>): boolean {
  return /\brecursive\b/i.test(sql)
}
