/**
 * Measures a statement on both sides, and looks for an index that would help. Invariant: an index is proposed only when a filter leaves few
 * rows of a sequential scan; it is tried only in a transaction that is rolled back, and only when writing statements are allowed.
 */
import type { IndexProposal } from '../../model/queries.ts'
import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { runForeign } from '../../target/guards/foreign-statement.ts'
import type { TrySides, TryTexts } from '../compare/try-sides.ts'
import { plainNames } from '../statement/plain-names.ts'
import type { JudgeGround } from '../trial/judge-ground.ts'
import { parameterText } from '../trial/parameter-text.ts'
import type { ParameterList } from '../trial/parameters.ts'
import { tryRead } from './try-read.ts'

const RUNS = 5
const FACTOR = 3
const LEAST_MORE_MS = 20

export type Timing = { readonly sqliteMs: number; readonly postgresMs: number }

export type Slowness = {
  readonly time: Timing
  readonly explain: readonly string[]
  readonly index: IndexProposal | null
}

export function isSlower({ sqliteMs, postgresMs }: Timing): boolean {
  return postgresMs > FACTOR * sqliteMs && postgresMs - sqliteMs > LEAST_MORE_MS
}

/** Returns null when PostgreSQL is not slower by the medians of several runs. */
export async function measureSlowness(
  texts: TryTexts,
  list: ParameterList,
  sides: TrySides,
  ground: JudgeGround,
): Promise<Slowness | null> {
  const times: Timing[] = []
  const startedAt = performance.now()
  for (let run = 0; run < RUNS && performance.now() - startedAt < ground.patience.ms; run++) {
    const result = await tryRead(texts, list, sides)
    if (result.kind === 'same') times.push(result)
  }
  const time = {
    sqliteMs: median(times.map(({ sqliteMs }) => sqliteMs)),
    postgresMs: median(times.map(({ postgresMs }) => postgresMs)),
  }
  if (!isSlower(time)) return null
  const { sql, numbers } = texts.postgres
  const parameters = numbers.map((number) => parameterText(list.get(number) ?? null))
  const asText = { sql: `explain (analyze, buffers) ${sql}`, parameters }
  const asJson = { sql: `explain (analyze, format json) ${sql}`, parameters }
  const [text, json] = await runForeign(ground.connection, [asText, asJson], ground.session)
  const explain = text?.kind === 'rows' ? text.rows.map(([line]) => line ?? '') : []
  const node = json?.kind === 'rows' ? selectiveScan(planOf(json.rows[0]?.[0] ?? '')) : null
  const index = node === null ? null : await tryIndex(node, asJson, ground)
  return { time, explain, index }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

type PlanNode = Readonly<Record<string, unknown>> & { readonly Plans?: readonly PlanNode[] }

function planOf(text: string): PlanNode | null {
  const [plan] = JSON.parse(text === '' ? '[]' : text) as readonly { readonly Plan: PlanNode }[]
  return plan?.Plan ?? null
}

function timeOf(text: string): number {
  const [plan] = JSON.parse(text) as readonly { readonly 'Execution Time': number }[]
  return plan?.['Execution Time'] ?? 0
}

const LEAST_ROWS = 1000

/** Returns, of the sequential scans whose filter leaves at most one row in ten, the one that removes the most rows; or null. */
function selectiveScan(node: PlanNode | null): PlanNode | null {
  if (node === null) return null
  const inner = (node.Plans ?? []).map(selectiveScan).filter((one) => one !== null)
  const removed = Number(node['Rows Removed by Filter'] ?? 0)
  const kept = Number(node['Actual Rows'] ?? 0)
  const isScan = /^(?:Parallel )?Seq Scan$/.test(String(node['Node Type'])) && node.Filter !== undefined
  if (isScan && removed > LEAST_ROWS && kept * 9 <= removed) inner.push(node)
  return (
    inner.toSorted((a, b) => Number(b['Rows Removed by Filter']) - Number(a['Rows Removed by Filter']))[0] ??
    null
  )
}

/** Returns up to three columns of the filter: those compared by `=` first, then one compared by `<` or `>`. */
function filteredColumns(filter: string): string[] {
  const compared = [...filter.matchAll(/\(*("(?:[^"]|"")+"|[a-z_]\w*)\)?(?:::[a-z ]+)?\)* (=|>=|<=|<|>) /g)]
  const named = (operators: readonly string[]) =>
    compared.filter(([, , operator]) => operators.includes(operator!)).map(([, name]) => name!)
  const equal = named(['='])
  const ranged = named(['>', '>=', '<', '<=']).filter((name) => !equal.includes(name))
  return [...new Set([...equal, ...ranged.slice(0, 1)])].slice(0, 3)
}

async function tryIndex(
  node: PlanNode,
  explain: { readonly sql: string; readonly parameters: readonly (string | null)[] },
  { connection, session, writes }: JudgeGround,
): Promise<IndexProposal | null> {
  const columns = filteredColumns(String(node.Filter))
  if (columns.length === 0) return null
  const table = quoteIdentifier(String(node['Relation Name']))
  const sql = `create index on ${plainNames(table)} (${columns.join(', ')})`
  if (writes !== 'allowed') return { sql, measured: null }
  const create = { sql: `create index on ${table} (${columns.join(', ')})`, parameters: [] }
  const outcomes = await runForeign(connection, [explain, create, explain, explain], {
    ...session,
    isReadOnly: false,
  })
  const [before, , , after] = outcomes
  if (before?.kind !== 'rows' || after?.kind !== 'rows') return { sql, measured: null }
  const measured = { before: timeOf(before.rows[0]![0]!), after: timeOf(after.rows[0]![0]!) }
  return measured.after < measured.before * 0.7 ? { sql, measured } : null
}
