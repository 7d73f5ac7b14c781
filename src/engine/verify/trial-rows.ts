/**
 * Rows made up for the write test. Invariant: columns with a default, a sequence or an expression are never named, so that the insert tests
 * these.
 */
import type { TargetColumn, TargetForeignKey, TargetTable } from '../model/target-schema.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../syntax/postgres-names.ts'

/** `insert into … (columns) select values from`. */
export type TrialRow = {
  readonly columns: readonly string[]
  readonly values: readonly string[]
  readonly from: string
}

/** Returns the most plausible row first: like an existing one, then made up from the types with ever simpler values. */
export function trialRows(table: TargetTable): TrialRow[] {
  const required = table.columns.filter(
    ({ nullable, default: value, sequence, generated }) =>
      !nullable && value === null && sequence === null && generated === null,
  )
  const columns = required.map(({ name }) => name)
  if (columns.length === 0) return [{ columns, values: [], from: '' }]
  const unique = uniqueColumns(table)
  const row = (values: (column: TargetColumn) => string, from: string): TrialRow => ({
    columns,
    values: required.map((column) => parentValue(table, column, unique) ?? values(column)),
    from,
  })
  const like = (column: TargetColumn) =>
    unique.has(column.name) ? madeUp(column, true, '1') : `there.${quoteIdentifier(column.name)}`
  const listed = (column: TargetColumn) => listedValue(table, column)
  return [
    row(like, `from (select * from ${quoteTable(table)} limit 1) as there`),
    row((column) => listed(column) ?? madeUp(column, unique.has(column.name), '1'), ''),
    row((column) => listed(column) ?? madeUp(column, unique.has(column.name), '0'), ''),
    row((column) => listed(column) ?? madeUp(column, unique.has(column.name), '0.5'), ''),
  ]
}

/**
 * Returns the columns that get unique values: one of each key that no sequence numbers, the one for which that is easiest; a column of a
 * foreign key only when the key has no other.
 */
function uniqueColumns(table: TargetTable): ReadonlySet<string> {
  const numbered = new Set(table.columns.filter(({ sequence }) => sequence !== null).map(({ name }) => name))
  const keys = [
    table.primaryKey?.columns ?? [],
    ...table.uniques.map(({ columns }) => columns),
    ...table.indexes
      .filter(({ unique }) => unique)
      .map(({ parts }) => parts.flatMap((part) => ('column' in part ? [part.column] : part.columns))),
  ]
  const referring = new Set(table.foreignKeys.flatMap(({ columns }) => columns))
  const effort = (name: string): number => {
    const type = table.columns.find((column) => column.name === name)?.type ?? ''
    return (referring.has(name) ? 2 : 0) + (/^(?:bool|date)/i.test(type) ? 1 : 0)
  }
  const own = keys
    .filter((columns) => columns.length > 0 && !columns.some((column) => numbered.has(column)))
    .map((columns) => columns.reduce((a, b) => (effort(b) < effort(a) ? b : a)))
  return new Set(own)
}

/** Returns SQL for a value of the parent; for a key column, one that is not used yet. */
function parentValue(table: TargetTable, column: TargetColumn, unique: ReadonlySet<string>): string | null {
  const reference: TargetForeignKey | undefined = table.foreignKeys.find(({ columns }) =>
    columns.includes(column.name),
  )
  if (reference === undefined) return null
  const parent = `parent.${quoteIdentifier(reference.references.columns[reference.columns.indexOf(column.name)]!)}`
  const free = unique.has(column.name)
    ? ` and not exists (select from ${quoteTable(table)} as own where own.${quoteIdentifier(column.name)} = ${parent})`
    : ''
  return `(select ${parent} from ${quoteTable(reference.references)} as parent where ${parent} is not null${free} limit 1)`
}

/** Returns the first constant in a check on the column. */
function listedValue(table: TargetTable, { name, type }: TargetColumn): string | null {
  for (const { expression } of table.checks) {
    if (!expression.includes(name)) continue
    const constant = /'((?:[^']|'')*)'/.exec(expression)?.[1]
    if (constant !== undefined) return `${quoteLiteral(constant.replaceAll("''", "'"))}::${type}`
  }
  return null
}

function madeUp({ type: declared, written }: TargetColumn, isUnique: boolean, number: string): string {
  const label = written?.labels?.[0]
  if (label !== undefined) return `${quoteLiteral(label)}::${declared}`
  const type = written?.type ?? declared
  const plain = type.toLowerCase().replace(/\s*\(.*?\)/, '')
  if (plain.endsWith(']')) return `'{}'::${declared}`
  const text = isUnique ? 'md5(random()::text)' : "'x'"
  switch (plain) {
    case 'smallint':
    case 'int2':
      return isUnique ? '(random() * 32767)::smallint' : `(${number})::smallint`
    case 'integer':
    case 'int4':
    case 'int':
    case 'bigint':
    case 'int8':
      return isUnique ? '(2147483647 - random() * 1000000)::integer' : `(${number})::integer`
    case 'numeric':
    case 'decimal':
    case 'double precision':
    case 'float8':
    case 'real':
    case 'float4':
      return isUnique ? 'random()' : number
    case 'boolean':
    case 'bool':
      return 'true'
    case 'uuid':
      return 'gen_random_uuid()'
    case 'timestamp with time zone':
    case 'timestamptz':
    case 'timestamp without time zone':
    case 'timestamp':
    case 'date':
      return 'now()'
    case 'time without time zone':
    case 'time':
      return 'localtime'
    case 'json':
    case 'jsonb':
      return isUnique ? `to_json(${text})::${type}` : `'{}'::${type}`
    case 'bytea':
      return isUnique ? "decode(md5(random()::text), 'hex')" : `''::bytea`
    case 'inet':
    case 'cidr':
      return `'127.0.0.1'::${type}`
    case 'interval':
      return `'1 second'::${type}`
    case 'money':
      return `${number}::money`
    case 'bit':
      return `repeat('0', ${/\d+/.exec(type)?.[0] ?? 1})::${type}`
    case 'xml':
      return "'<x/>'::xml"
    default:
      return /^(?:text|character|varchar|char)/.test(plain)
        ? `substr(${text}, 1, ${lengthOf(type)})`
        : `${text}::${type}`
  }
}

function lengthOf(type: string): string {
  return /\(\s*(\d+)\s*\)/.exec(type)?.[1] ?? '32'
}
