/**
 * PostgreSQL's full-text search where SQLite had full-text tables (`--search`): a generated tsvector column with a GIN index on the table
 * that holds the content. Invariant: no row is refused because of it, and a full-text table that gets no search is a finding.
 */
import type { Catalog, CatalogTable } from '../../model/catalog.ts'
import type { Census } from '../../model/census.ts'
import type { Finding } from '../../model/finding.ts'
import { formatCount } from '../../model/format-count.ts'
import { type CopyPlan, findTargetTable, type Plan, tableIdOf } from '../../model/plan.ts'
import type { TargetProbe } from '../../model/target-probe.ts'
import { plainColumn, plainPart, type TargetTable } from '../../model/target-schema.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../../syntax/postgres-names.ts'
import { isSameName } from '../../syntax/sqlite-names.ts'
import { NamePool } from '../../syntax/target-names.ts'
import { withFindings } from '../base/findings.ts'
import { relationNames } from '../ddl/ddl.ts'
import { readFullTextTable } from './full-text-table.ts'

/**
 * Maximum length, in bytes, of a document whose tsvector certainly fits into 1 MB: it has at most four bytes for each byte of text (manual
 * section 12.11). With a longer document PostgreSQL might refuse the row.
 */
const LONGEST_DOCUMENT = 256 << 10

/** Types whose text is the same in every session, as a generated column requires. */
const TEXTUAL = /^(text|character varying|character|bigint|integer|smallint|numeric|uuid|boolean)\b/

type Wishes = {
  readonly language: string
  readonly catalogs: readonly Catalog[]
  readonly censuses: readonly Census[]
  readonly probe: TargetProbe | null
}

export function addSearch(plan: Plan, wishes: Wishes): Plan {
  const { language, catalogs, probe } = wishes
  if (probe?.searchLanguages?.includes(language) === false) {
    const some = probe.searchLanguages.slice(0, 12).join(', ')
    return withFindings(plan, [
      {
        severity: 'error',
        code: 'search-language',
        message: `The server has no text search configuration "${language}".`,
        hint: `It has ${some}${probe.searchLanguages.length > 12 ? ' and more' : ''}: --search-language ${probe.searchLanguages.includes('simple') ? 'simple' : probe.searchLanguages[0]}.`,
      },
    ])
  }
  let result = plan
  let isFound = false
  for (const { database, tables } of catalogs) {
    for (const table of tables) {
      if (!/^fts[345]$/.test(table.module ?? '')) continue
      isFound = true
      result = addFor(result, database, table, tables, wishes)
    }
  }
  if (isFound) return result
  return withFindings(plan, [
    {
      severity: 'notice',
      code: 'nothing-to-search',
      message: 'None of the databases has a full-text table: --search adds nothing.',
    },
  ])
}

function addFor(
  plan: Plan,
  database: string,
  table: CatalogTable,
  tables: readonly CatalogTable[],
  wishes: Wishes,
): Plan {
  const id = tableIdOf(database, table.name)
  const { columns: declared, content } = readFullTextTable(table.sql)
  const holder = content === null ? table : tables.find(({ name }) => isSameName(name, content))
  const about = { database, table: table.name, tableId: id }
  const left = (why: string): Plan =>
    withFindings(plan, [
      {
        severity: 'warning',
        code: 'search-not-made',
        message: `The full-text search of ${JSON.stringify(table.name)} is not made: ${why}.`,
        ...about,
      },
    ])
  if (content === '') return left('it keeps no content, only an index of texts that lie elsewhere')
  if (holder === undefined)
    return left(`its content ${JSON.stringify(content)} is not a table of the database`)
  const moved = plan.tables.find((one) => one.id === tableIdOf(database, holder.name))
  if (moved?.fate.kind !== 'copy')
    return left(`${JSON.stringify(holder.name)}, which holds its content, is not moved`)
  const { copy } = moved.fate
  const target = findTargetTable(plan, copy.target)
  if (target === undefined || target.existing)
    return left(`${copy.target.schema}.${copy.target.table} is not created by this run`)
  const searched = searchedColumns(
    declared.length > 0 ? declared : holder.columns.map(({ name }) => name),
    copy,
    target,
  )
  if (searched.length === 0) return left('none of its columns becomes a text')
  const bytes = longestDocument(
    wishes.censuses,
    database,
    holder.name,
    searched.map(({ source }) => source),
  )
  if (bytes > LONGEST_DOCUMENT)
    return left(`a document of it may have ${formatCount(bytes)} bytes, and a tsvector holds 1 MB`)
  return withColumn(plan, target, searched, wishes.language, about)
}

type Searched = { readonly source: string; readonly target: string }

function searchedColumns(
  names: readonly string[],
  { columns }: CopyPlan,
  target: TargetTable,
): readonly Searched[] {
  const typeOf = new Map(target.columns.map(({ name, type }) => [name, type]))
  return names.flatMap((name): Searched[] => {
    const home = columns.find(({ from }) => from.kind === 'column' && isSameName(from.column, name))
    if (home?.from.kind !== 'column' || !TEXTUAL.test(typeOf.get(home.target) ?? '')) return []
    return [{ source: home.from.column, target: home.target }]
  })
}

/** Returns the largest possible size of a document in bytes, by the census. */
function longestDocument(
  censuses: readonly Census[],
  database: string,
  table: string,
  columns: readonly string[],
): number {
  const census = censuses.find((one) => one.database === database)?.tables.find((one) => one.table === table)
  return columns.reduce((sum, name) => {
    const column = census?.columns.find((one) => one.name === name)
    // UTF-8 has at most four bytes per character.
    return sum + 1 + Math.min(column?.totalBytes ?? 0, (column?.maxCharacters ?? 0) * 4)
  }, 0)
}

function withColumn(
  plan: Plan,
  target: TargetTable,
  searched: readonly Searched[],
  language: string,
  about: Pick<Finding, 'database' | 'table' | 'tableId'>,
): Plan {
  const texts = searched.map(({ target: name }) => {
    const isText = target.columns.find((column) => column.name === name)?.type === 'text'
    return `coalesce(${quoteIdentifier(name)}${isText ? '' : '::text'}, '')`
  })
  const generated = `to_tsvector(${quoteLiteral(language)}::regconfig, ${texts.join(` || ' ' || `)})`
  const made = target.columns.find((column) => column.generated === generated)
  const column = made?.name ?? new NamePool(target.columns.map(({ name }) => name)).claim('search')
  const changed = made === undefined ? withSearched(plan, target, column, generated, searched) : target
  const tables = plan.schema.tables.map((one) => (one === target ? changed : one))
  // These findings say that the index is not moved, which is no longer true.
  const findings = plan.findings.filter(
    ({ code, tableId }) =>
      tableId !== about.tableId || !(code === 'virtual-table-as-table' || code === 'virtual-table-not-moved'),
  )
  return withFindings({ ...plan, findings, schema: { ...plan.schema, tables } }, [
    {
      severity: 'notice',
      code: 'search-column',
      message: `The full-text search of ${JSON.stringify(about.table)} becomes the column ${column} of ${target.schema}.${target.table} with a GIN index, in the configuration ${language}.`,
      hint: `select … from ${quoteTable(target)} where ${quoteIdentifier(column)} @@ websearch_to_tsquery(${quoteLiteral(language)}, 'words to find')`,
      ...about,
    },
  ])
}

function withSearched(
  plan: Plan,
  target: TargetTable,
  column: string,
  generated: string,
  searched: readonly Searched[],
): TargetTable {
  const index = new NamePool(relationNames(plan.schema, target.schema)).claim(`${target.table}_${column}_idx`)
  const comment = `full-text search of ${searched.map(({ target: name }) => name).join(', ')}`
  return {
    ...target,
    columns: [...target.columns, plainColumn(column, 'tsvector', { generated, comment, origin: 'added' })],
    indexes: [
      ...target.indexes,
      { name: index, method: 'gin', unique: false, parts: [plainPart(column)], where: null },
    ],
  }
}
