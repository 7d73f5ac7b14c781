import type { Catalog, CatalogTable } from '../../model/catalog.ts'
import type { Census, TableCensus } from '../../model/census.ts'
import type { Finding } from '../../model/finding.ts'
import type { PlanOptions } from '../../model/plan.ts'
import { tableIdOf } from '../../model/plan.ts'
import { changeTo, type PlanEdit } from '../../model/plan-edit.ts'
import { reporterOf } from '../base/findings.ts'

/**
 * Decides which tables are copied. Invariant: every table of the catalog gets a fate, and the content of a virtual table is copied once:
 * from it, or, when it can't be read, from the ordinary table that stores its content.
 */

type Fate =
  | { readonly table: CatalogTable; readonly census: TableCensus; readonly reason: null }
  | { readonly table: CatalogTable; readonly census: null; readonly reason: string }

/** Modules of virtual tables that show other data and hold none of their own. */
const derivedModules = new Set(['fts5vocab', 'fts4aux', 'fts3tokenize', 'dbstat', 'sqlite_stmt', 'bytecode'])

export function decideFates(
  catalog: Catalog,
  census: Census,
  options: PlanOptions,
  edits: readonly PlanEdit[],
  findings: Finding[],
): Fate[] {
  const counted = new Map(census.tables.map((table) => [table.table, table]))
  return catalog.tables.map((table): Fate => {
    const report = reporterOf(findings, catalog.database, table.name)
    const tableCensus = counted.get(table.name)
    const exclude = (reason: string): Fate => ({ table, census: null, reason })
    const chosen = exclusionOf({ options, edits }, catalog.database, table.name)
    if (chosen !== null) return exclude(chosen)
    if (/^sqlite_/i.test(table.name)) return exclude('a table that SQLite keeps for itself')
    // Cloudflare D1 reserves this prefix, and lets no client read or write such tables.
    if (/^_cf_/i.test(table.name)) return exclude('a table that Cloudflare D1 keeps for itself')
    if (table.kind === 'shadow') {
      return exclude('kept by a virtual table for itself; its content is read from that table')
    }
    if (table.kind === 'virtual') {
      const reason = reasonAgainst(table, tableCensus)
      if (reason !== null) {
        report({
          severity: derivedModules.has(table.module ?? '') || isExternal(table) ? 'notice' : 'warning',
          code: 'virtual-table-not-moved',
          message: `The virtual table ${JSON.stringify(table.name)} is not moved: ${reason}.${keptBeside(table, catalog)}`,
        })
        return exclude(reason)
      }
      report({
        severity: 'notice',
        code: 'virtual-table-as-table',
        message: `The virtual table ${JSON.stringify(table.name)} (${table.module}) becomes an ordinary table with its content; its index is not moved.`,
        hint:
          hints[table.module?.replace(/\d+$/, '') ?? ''] ??
          'Create an index of PostgreSQL that serves your queries.',
      })
    }
    if (tableCensus === undefined) return exclude('it could not be read')
    return { table, census: tableCensus, reason: null }
  })
}

/** Returns why the user leaves a table out, by an edit or any spelling that `--exclude` accepts; null for a table that is moved. */
export function exclusionOf(
  { options, edits }: { readonly options: PlanOptions; readonly edits: readonly PlanEdit[] },
  database: string,
  table: string,
): string | null {
  const id = tableIdOf(database, table)
  const edit = changeTo(edits, id, null, 'exclude')
  if (edit !== undefined) return edit.reason
  const spellings = [table, id, `${database}/${table}`]
  return options.exclude.some((name) => spellings.includes(name)) ? 'left out by --exclude' : null
}

const hints: Readonly<Record<string, string>> = {
  fts: 'For full-text search in PostgreSQL create a GIN index on to_tsvector of its columns.',
  rtree: 'For range queries in PostgreSQL create a GiST index on a box or a range of its columns.',
}

/** Returns a sentence on the ordinary tables in which an unreadable virtual table stores its data; '' without any. */
function keptBeside({ name }: CatalogTable, { tables }: Catalog): string {
  const beside = tables.filter((one) => one.kind === 'table' && one.name.startsWith(`${name}_`))
  if (beside.length === 0) return ''
  return ` What it keeps beside it is moved as it lies there: ${beside.map((one) => one.name).join(', ')}.`
}

function reasonAgainst(table: CatalogTable, census: TableCensus | undefined): string | null {
  if (derivedModules.has(table.module ?? '')) return 'it shows data of other tables and holds none'
  if (isExternal(table)) {
    return 'its content is that of an ordinary table, or it keeps no content; only an index is its own'
  }
  if (table.columns.length === 0 || census === undefined) {
    return `this program has no module ${JSON.stringify(table.module)} to read it with`
  }
  return null
}

/** FTS tables with `content=…` index another table, or with `content=''` none (https://www.sqlite.org/fts5.html#external_content_and_contentless_tables). */
function isExternal(table: CatalogTable): boolean {
  return /^fts[345]$/.test(table.module ?? '') && /[(,]\s*content\s*=/i.test(table.sql)
}
