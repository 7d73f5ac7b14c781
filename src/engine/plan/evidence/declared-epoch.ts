/** The unit of time that the user chose for a column, in the wizard or with --epoch. Invariant: an unknown column is an error. */
import type { Catalog } from '../../model/catalog.ts'
import type { EpochUnit } from '../../model/conversion.ts'
import { MigrateError } from '../../model/errors.ts'
import { nearest } from '../../model/nearest.ts'
import { type PlanOptions, tableIdOf } from '../../model/plan.ts'
import { changeTo, type PlanEdit } from '../../model/plan-edit.ts'
import { foldName, isSameName } from '../../syntax/sqlite-names.ts'

type NamedColumn = { readonly database: string; readonly table: string; readonly column: string }

export function declaredEpoch(
  { epochs = {} }: PlanOptions,
  edits: readonly PlanEdit[],
  named: NamedColumn,
): EpochUnit | null {
  const id = tableIdOf(named.database, named.table)
  const edit = changeTo(edits, id, named.column, 'epoch')
  if (edit !== undefined) return edit.unit
  return Object.entries(epochs).find(([name]) => isNamed(name, named))?.[1] ?? null
}

/** Throws a usage error for an option that names no column of the given databases. */
export function checkEpochs({ epochs = {} }: PlanOptions, catalogs: readonly Catalog[]): void {
  const columns = catalogs.flatMap(({ database, tables }) =>
    tables.flatMap(({ name: table, columns: all }) =>
      all.map(({ name: column }) => ({ database, table, column })),
    ),
  )
  for (const name of Object.keys(epochs)) {
    if (columns.some((column) => isNamed(name, column))) continue
    const close = nearest(
      name,
      columns.map(({ table, column }) => `${table}.${column}`),
    )
    throw new MigrateError(
      'usage',
      'no-such-column',
      `--epoch names ${name}, and no table has that column.`,
      {
        hint: close === null ? 'gpt-migrate inspect lists the tables and columns.' : `Did you mean ${close}?`,
      },
    )
  }
}

/** Returns the option to type for a column, such as `--epoch table.column=seconds (or milliseconds)`. */
export function epochOption(
  { table, column }: Pick<NamedColumn, 'table' | 'column'>,
  [unit = 'UNIT', ...others]: readonly string[],
): string {
  const name = `${table}.${column}`
  const or = others.length === 0 ? '' : ` (or ${others.join(', ')})`
  return `--epoch ${/^[\w.]+$/.test(name) ? `${name}=${unit}` : `'${name.replaceAll("'", "'\\''")}=${unit}'`}${or}`
}

function isNamed(name: string, { database, table, column }: NamedColumn): boolean {
  const place = `${table}.${column}`
  return isSameName(name, place) || foldName(name) === foldName(`${database}/${place}`)
}
