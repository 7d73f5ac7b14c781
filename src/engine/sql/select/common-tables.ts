import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { isSameName } from '../../syntax/sqlite-names.ts'
import { refuseUndistinguished } from '../compare/ordering.ts'
import type { PrintedSelect, Relation, SelectedColumn, SelectGround } from '../tree/relation.ts'
import { typeOfKind, Untranslatable } from '../tree/scope.ts'
import type { CommonTable, Select, SelectCore } from '../tree/select.ts'
import { isAlike, printedOf, relationOf, uniteColumns } from './selected-columns.ts'

/**
 * Prints the common tables of a WITH (https://www.sqlite.org/lang_with.html). Invariant: a recursive one has the same rows as in SQLite, and
 * the same column types in both of its parts, as the server requires.
 */

type Print = (select: Select, ground: SelectGround) => PrintedSelect

/** Returns the WITH clause, and `ground` with the common tables added. Throws Untranslatable. */
export function printCommonTables(
  tables: readonly CommonTable[],
  ground: SelectGround,
  print: Print,
): { readonly clause: string; readonly ground: SelectGround } {
  if (tables.length === 0) return { clause: '', ground }
  const known = new Map<CommonTable, Relation>()
  const begun = new Set<CommonTable>()
  const clauses: string[] = []
  let isRecursive = false
  const own: SelectGround = {
    ...ground,
    relation(name, isQualified) {
      const table = isQualified ? undefined : tables.find((one) => isSameName(one.name, name))
      return table === undefined ? ground.relation(name, isQualified) : (known.get(table) ?? add(table))
    },
  }
  /** Prints a table after those that it names, even if they are defined later. */
  function add(table: CommonTable): Relation {
    if (begun.has(table)) throw new Untranslatable('common tables that refer to each other')
    begun.add(table)
    const { name, isMaterialized } = table
    const recurs = table.select.cores.some((core) => namesTable(core, name))
    const printed = recurs ? printRecursive(table, own, print) : print(table.select, own)
    isRecursive ||= recurs
    const relation = relationOf(quoteIdentifier(name), printed.columns, table.columns)
    known.set(table, relation)
    const names = relation.columns.map(({ target }) => quoteIdentifier(target)).join(', ')
    const how = isMaterialized === null ? '' : isMaterialized ? 'materialized ' : 'not materialized '
    clauses.push(`${relation.sql} (${names}) as ${how}(${printed.sql})`)
    return relation
  }
  for (const table of tables) if (!known.has(table)) add(table)
  return { clause: `with ${isRecursive ? 'recursive ' : ''}${clauses.join(', ')}\n`, ground: own }
}

/** Whether the select reads the table in its FROM. */
function namesTable({ from }: SelectCore, name: string): boolean {
  return from.some(({ source }) => {
    switch (source.kind) {
      case 'table':
        return !source.isQualified && isSameName(source.name, name)
      case 'function':
        return false
      case 'joined':
        return namesTable({ from: source.from } as SelectCore, name)
      case 'select':
        return source.select.cores.some((core) => namesTable(core, name))
      default:
        return source satisfies never
    }
  })
}

function printRecursive(
  { name, columns: names, select }: CommonTable,
  ground: SelectGround,
  print: Print,
): PrintedSelect {
  if (select.limit !== null || select.offset !== null)
    throw new Untranslatable('a LIMIT in a recursive common table')
  if (select.orderBy.length > 0) throw new Untranslatable('an ORDER BY in a recursive common table')
  const first = select.cores.findIndex((core) => namesTable(core, name))
  const [recursive, ...others] = select.cores.slice(first)
  if (recursive === undefined || first === 0)
    throw new Untranslatable('a recursive common table that begins with itself')
  if (others.length > 0) throw new Untranslatable('a common table that recurs in several selects')
  const { operator } = recursive
  if (operator !== 'union' && operator !== 'union all')
    throw new Untranslatable(`a common table that recurs after ${operator}`)
  const alone = (cores: readonly SelectCore[]): Select => ({ ...select, cores, orderBy: [], limit: null })
  const start = print(alone(select.cores.slice(0, first)), ground)
  const itself = relationOf(quoteIdentifier(name), start.columns, names)
  const within: SelectGround = {
    ...ground,
    relation: (one, isQualified) =>
      !isQualified && isSameName(one, name) ? itself : ground.relation(one, isQualified),
  }
  const step = print(alone([{ ...recursive, operator: null }]), within)
  const united = uniteColumns(start.columns, step.columns)
  if (operator === 'union') for (const column of united) refuseUndistinguished(printedOf(column))
  const types = united.map((column, index) => typeOf(column, start.columns[index]!, step.columns[index]!))
  return {
    sql: `${typed(start.sql, types)}\n${operator}\n${typed(step.sql, types)}`,
    columns: united,
  }
}

/** Returns the select with its columns cast to the types. */
function typed(sql: string, types: readonly string[]): string {
  const names = types.map((_, index) => quoteIdentifier(`column${index + 1}`))
  const list = types.map((type, index) => `${names[index]}::${type}`).join(', ')
  return `select ${list} from (${sql}) as "step" (${names.join(', ')})`
}

/**
 * Returns the type of the column in both parts. Throws Untranslatable when the recursive part changes the kind of the first part's values.
 */
function typeOf(united: SelectedColumn, start: SelectedColumn, step: SelectedColumn): string {
  if (united.column !== null && isAlike(start, step)) return united.column.type
  const { kind } = printedOf(united)
  const begun = printedOf(start).kind
  // A parameter takes the type of the recursive part.
  if (kind !== begun && begun !== 'parameter')
    throw new Untranslatable('a recursive common table whose column changes its type')
  if (kind === 'text') return 'text collate "default"'
  if (kind in typeOfKind) return typeOfKind[kind as keyof typeof typeOfKind]
  throw new Untranslatable(`a recursive common table with values of type ${kind}`)
}
