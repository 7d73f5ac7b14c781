/**
 * An independent judge: reads SQLite and PostgreSQL itself, by plain SQL, without the engine's code, and trusts no report. It relies on the
 * plan only for where a table and a column went, and checks that they exist. Every source row must be found once, in the target or in
 * quarantine, and nothing else may be there.
 */
import Database from 'better-sqlite3'
import pg from 'pg'
import type { Plan } from '../../src/engine/model/plan.ts'
import { type Exact, exactOf, exactOfStored, holds, type TargetValue } from './outside-cells.ts'

type Judgement = {
  readonly complaints: readonly string[]
  readonly rows: number
  readonly quarantined: number
  /** Cells that changed within their type's scale, which the report must have counted. */
  readonly altered: number
}

type SourceRow = { readonly cells: readonly Exact[]; readonly generated: readonly Exact[] }

/** Judges every table of one SQLite file against the target. */
export async function judge(file: string, database: string, url: string, plan: Plan): Promise<Judgement> {
  const source = new Database(file, { readonly: true })
  source.defaultSafeIntegers(true)
  const target = new pg.Client({
    connectionString: url,
    types: { getTypeParser: () => (text: string) => text },
  })
  await target.connect()
  try {
    const complaints: string[] = []
    const sum = { rows: 0, quarantined: 0, altered: 0 }
    for (const table of tablesOf(source)) {
      const found = await judgeTable(source, target, { database, table, plan }, complaints)
      sum.rows += found.rows
      sum.quarantined += found.quarantined
      sum.altered += found.altered
    }
    return { complaints, ...sum }
  } finally {
    source.close()
    await target.end()
  }
}

/** Whether the database has no table, and no schema but public. */
export async function isUntouched(url: string): Promise<boolean> {
  const target = new pg.Client({ connectionString: url })
  await target.connect()
  try {
    const { rows } = await target.query(
      `select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
       union all
       select 1 from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')`,
    )
    return rows.length === 0
  } finally {
    await target.end()
  }
}

function tablesOf(source: Database.Database): string[] {
  const rows = source.prepare(
    `select name from pragma_table_list where schema = 'main' and type in ('table', 'virtual')`,
  )
  return (rows.all() as { name: string }[]).map(({ name }) => name).filter((name) => !/^sqlite_/i.test(name))
}

async function judgeTable(
  source: Database.Database,
  target: pg.Client,
  where: { readonly database: string; readonly table: string; readonly plan: Plan },
  complaints: string[],
): Promise<Omit<Judgement, 'complaints'>> {
  const { database, table, plan } = where
  const complain = (what: string): void => {
    if (complaints.length < 40) complaints.push(`${JSON.stringify(table)}: ${what}`)
  }
  const claim = plan.tables.find((one) => one.database === database && one.table === table)
  if (claim === undefined || claim.fate.kind !== 'copy') {
    complain('is not said to be moved')
    return { rows: 0, quarantined: 0, altered: 0 }
  }
  const { copy } = claim.fate
  const columns = (
    source.prepare('select name, hidden from pragma_table_xinfo(?)').all(table) as {
      name: string
      hidden: bigint
    }[]
  ).filter(({ hidden }) => hidden !== 1n)
  const stored = columns.filter(({ hidden }) => hidden === 0n).map(({ name }) => name)
  const generated = columns.filter(({ hidden }) => hidden > 1n).map(({ name }) => name)
  const homes = stored.map((name) => {
    const home = copy.columns.find(({ from }) => from.kind === 'column' && from.column === name)
    if (home === undefined) complain(`column ${JSON.stringify(name)} has no home`)
    return home?.target ?? null
  })
  const encoding = (source.pragma('encoding', { simple: true }) as string).toLowerCase()
  const rows = readSource(source, table, stored, generated, encoding)
  const types = await typesOf(target, copy.target.schema, copy.target.table)
  const targetNames = [...homes, ...generated.map((name) => (types.has(name) ? name : null))]
  const there = await readTarget(target, copy.target, targetNames, types)
  const aside = await readQuarantine(target, claim.id, stored)

  const kept: SourceRow[] = []
  for (const row of rows) {
    const key = row.cells.map(String).join('|')
    const count = aside.get(key) ?? 0
    if (count > 0) aside.set(key, count - 1)
    else kept.push(row)
  }
  const quarantined = rows.length - kept.length
  for (const [row, count] of aside)
    if (count > 0) complain(`quarantine holds a row that the source hasn't: ${row}`)
  if (kept.length !== there.length) {
    complain(`${rows.length} rows, of them ${quarantined} in quarantine, but ${there.length} in the target`)
  }

  let altered = 0
  const free = there.map((_, index) => index)
  for (const [number, row] of kept.entries()) {
    let match = -1
    let cost = 0
    for (let step = 0; step < free.length && match < 0; step++) {
      const at = (Math.min(number, free.length) + step) % free.length
      const held = await rowHolds(target, row, there[free[at]!]!, targetNames, types)
      if (held === null) continue
      match = at
      cost = held
    }
    if (match < 0)
      complain(
        `row ${number + 1} is nowhere: ${shown(row.cells)}; target has ${JSON.stringify(there[free[0] ?? 0])}`,
      )
    else free[match] = -1
    altered += cost
    if (match >= 0) free.splice(match, 1)
  }
  if (free.length > 0) complain(`${free.length} rows are in the target that the source hasn't`)
  return { rows: rows.length, quarantined, altered }
}

async function rowHolds(
  target: pg.Client,
  row: SourceRow,
  values: readonly TargetValue[],
  names: readonly (string | null)[],
  types: ReadonlyMap<string, string>,
): Promise<number | null> {
  let altered = 0
  const cells = [...row.cells, ...row.generated]
  for (const [index, cell] of cells.entries()) {
    const name = names[index]
    if (name === null || name === undefined) continue
    const verdict = await holds(cell, types.get(name) ?? 'missing', values[index]!, target)
    if (verdict === 'no') return null
    if (verdict === 'altered') altered++
  }
  return altered
}

function readSource(
  source: Database.Database,
  table: string,
  stored: readonly string[],
  generated: readonly string[],
  encoding: string,
): SourceRow[] {
  const names = [...stored, ...generated]
  const rows: Exact[][] = []
  // A result has at most 2,000 columns; a walk without an index has the same order every time.
  for (let from = 0; from < names.length; from += 900) {
    const part = names.slice(from, from + 900)
    const list = part.flatMap((name) => {
      const quoted = `"${name.replaceAll('"', '""')}"`
      return [
        `typeof(${quoted})`,
        `case typeof(${quoted}) when 'text' then cast(${quoted} as blob) else ${quoted} end`,
      ]
    })
    const found = source
      .prepare(`select ${list.join(', ')} from "${table.replaceAll('"', '""')}" not indexed`)
      .raw(true)
      .all() as unknown[][]
    for (const [number, row] of found.entries()) {
      rows[number] ??= []
      for (let at = 0; at < part.length; at++)
        rows[number].push(exactOf(row[at * 2] as string, row[at * 2 + 1], encoding))
    }
  }
  return rows.map((cells) => ({
    cells: cells.slice(0, stored.length),
    generated: cells.slice(stored.length),
  }))
}

async function typesOf(target: pg.Client, schema: string, table: string): Promise<Map<string, string>> {
  const { rows } = await target.query<{ name: string; type: string }>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type
       from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped`,
    [schema, table],
  )
  return new Map(rows.map(({ name, type }) => [name, type]))
}

/** Text and bytea as hex of their bytes, doubles as hex of their eight bytes, everything else as printed by the server. */
async function readTarget(
  target: pg.Client,
  table: { readonly schema: string; readonly table: string },
  names: readonly (string | null)[],
  types: ReadonlyMap<string, string>,
): Promise<(string | null)[][]> {
  const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`
  const list = names.map((name) => {
    if (name === null) return 'null'
    const type = types.get(name) ?? ''
    if (type === 'bytea') return `encode(${quote(name)}, 'hex')`
    if (/^(text|character)/.test(type)) return `encode(convert_to(${quote(name)}, 'UTF8'), 'hex')`
    if (type === 'double precision') return `encode(float8send(${quote(name)}), 'hex')`
    return `${quote(name)}::text`
  })
  const { rows } = await target.query<(string | null)[]>({
    text: `select ${list.length === 0 ? '1' : list.join(', ')} from ${quote(table.schema)}.${quote(table.table)} order by ctid`,
    rowMode: 'array',
  })
  return rows
}

/** The quarantined rows by their exact cells, with the number of each. */
async function readQuarantine(
  target: pg.Client,
  tableId: string,
  names: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await target.query<{ cells: string }>(
    'select cells from gpt_migrate.quarantine where table_id = $1',
    [tableId],
  )
  const counts = new Map<string, number>()
  for (const { cells } of rows) {
    const known = JSON.parse(cells) as Record<string, never>
    const key = names
      .map((name) => String(exactOfStored(Object.hasOwn(known, name) ? known[name]! : 'missing')))
      .join('|')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

function shown(cells: readonly Exact[]): string {
  return cells.map(String).join(' | ').slice(0, 600)
}
