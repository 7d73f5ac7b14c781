/** Judges all statements, one by one. Invariant: every class that was collected has one entry in the result. */
import type { JudgedStatement } from '../../model/queries.ts'
import { isSameName } from '../../syntax/sqlite-names.ts'
import type { StatementClass } from '../sides/classes.ts'
import { withListsOfSeveral } from '../statement/list-of-several.ts'
import { Patience, shownPatience } from '../statement/patience.ts'
import { schemaObjectOf } from '../statement/schema-object.ts'
import { boundedCase } from '../trial/bounded.ts'
import { type JudgeGround, type Judgement, judged, type ReadCase } from '../trial/judge-ground.ts'
import { judgeWrite } from '../try/try-write.ts'
import { Judge } from './judge.ts'
import { judgeSchema } from './judge-schema.ts'
import { isVolatile, type NamedTables, volatileDetails, whyNotJudged } from './not-judged.ts'

export async function judgeClasses(
  classes: readonly StatementClass[],
  ground: JudgeGround,
  onJudged: (done: number) => void,
): Promise<JudgedStatement[]> {
  const judge = new Judge(ground)
  const tables = namedTables(classes, ground)
  const statements: JudgedStatement[] = []
  for (const one of classes) {
    const startedAt = performance.now()
    statements.push(await judgeClass(one, judge, ground, tables))
    ground.patience.spend(performance.now() - startedAt)
    onJudged(statements.length)
  }
  return statements
}

function namedTables(classes: readonly StatementClass[], { databases }: JudgeGround): NamedTables {
  const created = new Map(
    classes.flatMap(({ sql, kind, origins }) => {
      const object = kind === 'schema' ? schemaObjectOf(sql) : null
      const makes = object?.verb === 'create' && object.kind.endsWith('table')
      return makes ? [[object.table.toLowerCase(), origins[0]!] as const] : []
    }),
  )
  const all = databases.flatMap(({ tables }) => tables)
  return {
    created,
    inTarget: (name) => {
      const target = all.find((table) => isSameName(table.name, name))?.copied?.target
      return target === undefined ? null : `${target.schema}.${target.table}`
    },
  }
}

async function judgeClass(
  one: StatementClass,
  judge: Judge,
  ground: JudgeGround,
  tables: NamedTables,
): Promise<JudgedStatement> {
  const { id, origins, sql, kind, database, dynamic } = one
  const base = { id, origins, sql, kind, database, isKnown: false }
  const judgement = await judgementOfClass(one, judge, ground, tables)
  const reasons =
    dynamic === null || judgement.reasons.includes('dynamic')
      ? judgement.reasons
      : [...judgement.reasons, 'dynamic']
  const filled = dynamic === 'filled' ? ' It is built at run time; this is one form of it.' : ''
  return {
    ...base,
    ...judgement,
    explain: judgement.explain ?? null,
    index: judgement.index ?? null,
    reasons,
    detail: `${judgement.detail}${filled}`.trim(),
  }
}

async function judgementOfClass(
  one: StatementClass,
  judge: Judge,
  ground: JudgeGround,
  tables: NamedTables,
): Promise<Judgement> {
  if (one.kind === 'schema') return judgeSchema(one.sql, one.dynamic !== null, tables, ground)
  const none = whyNotJudged(one, tables)
  return none === null ? judgeVariants(one, judge, ground) : notJudged(none.reason, none.detail)
}

function notJudged(reason: string, detail: string): Judgement {
  return judged('not-judged', [reason], detail)
}

const worstFirst = ['differs', 'fails', 'rewritten', 'slower', 'same', 'not-judged'] as const
const MOST_VARIANTS = 8

/** Judges the variants of a logged statement, which differ in their values. Returns the worst judgement. */
async function judgeVariants(one: StatementClass, judge: Judge, ground: JudgeGround): Promise<Judgement> {
  let worst: Judgement | null = null
  for (const sql of one.logged.variants.slice(0, MOST_VARIANTS)) {
    const judgement = await judgeLists({ ...one, sql }, judge, ground)
    const isWorse =
      worst === null || worstFirst.indexOf(judgement.verdict) < worstFirst.indexOf(worst.verdict)
    if (isWorse) worst = judgement
  }
  return worst ?? judgeLists(one, judge, ground)
}

/** Also tries a list of one value with several values, which may return rows in another order. */
async function judgeLists(one: StatementClass, judge: Judge, ground: JudgeGround): Promise<Judgement> {
  const judgement = await judgeRows(one, judge, ground)
  if (one.kind !== 'read' || judgement.verdict !== 'same') return judgement
  const sql = withListsOfSeveral(one.sql, one.dynamic !== null)
  if (sql === null) return judgement
  const wide = await judgeRows({ ...one, sql, logged: { parameters: [], variants: [] } }, judge, ground)
  if (!/^(?:differs|fails|rewritten)$/.test(wide.verdict)) return judgement
  return { ...wide, detail: `${wide.detail} It was run with several values in its list.` }
}

async function judgeRows(one: StatementClass, judge: Judge, ground: JudgeGround): Promise<Judgement> {
  const database = ground.databases.find((known) => known.database === one.database)!
  const whole = judge.prepareRead(one, database)
  const allowedMs = ground.patience.ms
  try {
    const isTried = one.kind === 'read' || (ground.writes === 'allowed' && mayBeLong(whole))
    const read = isTried ? await boundedCase(whole, ground, one.kind === 'write') : whole
    if (read.lists.length === 0) {
      return notJudged('too-slow', `SQLite itself does not finish it in ${shownPatience(allowedMs)}.`)
    }
    const judgement = await judgeBounded(one, read, judge, ground)
    if (isCutShort(judgement, allowedMs)) {
      return notJudged('too-slow', `PostgreSQL does not finish it in ${shownPatience(allowedMs)}.`)
    }
    if (read === whole || judgement.verdict === 'not-judged') return judgement
    const detail = `${judgement.detail} With other parameters SQLite itself does not finish in ${shownPatience(allowedMs)}: they were not tried.`
    return { ...judgement, reasons: [...judgement.reasons, 'too-slow'], detail: detail.trim() }
  } finally {
    for (const { trial } of whole.trials) trial.close()
  }
}

/** Whether the server's time was up, and less than the first statements get. */
function isCutShort({ verdict, reasons }: Judgement, allowedMs: number): boolean {
  return verdict === 'fails' && reasons.includes('timeout') && allowedMs < new Patience().ms
}

async function judgeBounded(
  one: StatementClass,
  read: ReadCase,
  judge: Judge,
  ground: JudgeGround,
): Promise<Judgement> {
  const volatile = isVolatile(one.sql)
  const judgement = one.kind === 'write' ? await judgeWrite(read, ground) : await judge.judgeAsItIs(read)
  if (volatile !== null && volatile !== 'clock') {
    return judgement.verdict === 'fails' ? judgement : notJudged(volatile, volatileDetails[volatile])
  }
  if (one.kind === 'write') {
    return read.heldAt === null || judgement.parametersTried === 0
      ? judgement
      : heldJudgement(judgement, read.heldAt)
  }
  const final = await afterReading(read, judgement, judge, ground)
  return read.heldAt === null || final.verdict === 'not-judged' ? final : heldJudgement(final, read.heldAt)
}

/** Whether a writing statement may take long: one that reads other tables, or fires triggers. */
function mayBeLong({ sql, database }: ReadCase): boolean {
  return database.catalog.triggers.length > 0 || /\bselect\b/i.test(sql)
}

function heldJudgement(judgement: Judgement, moment: string): Judgement {
  const detail = `${judgement.detail} It was run with the clock held at ${moment}.`
  return { ...judgement, reasons: [...judgement.reasons, 'clock'], detail: detail.trim() }
}

/** Refines the judgement by tables that were not moved, quarantined rows, renamed tables and columns, and a rewrite. */
async function afterReading(
  read: ReadCase,
  judgement: Judgement,
  judge: Judge,
  ground: JudgeGround,
): Promise<Judgement> {
  const became = judge.whatBecameOf(read)
  if (became !== null && judgement.verdict === 'fails') {
    const explained = { ...judgement, reasons: [became.reason], detail: became.detail }
    return (await judge.judgeRewritten(read, explained)) ?? explained
  }
  if (judgement.verdict !== 'differs' && judgement.verdict !== 'fails') return judgement
  const lacking = read.tables.find(({ plan }) => ground.incomplete.has(plan.id))
  if (lacking !== undefined && judgement.verdict === 'differs' && isOfRows(judgement)) {
    const detail = `${judgement.detail} Rows of ${lacking.name} are in quarantine, so that the target has fewer.`
    return { ...judgement, reasons: ['rows-in-quarantine'], detail }
  }
  const renamed = judge.renamedIn(read)
  if (judgement.verdict === 'fails' && renamed.length > 0 && isUnknownName(judgement)) {
    const detail = `In the target ${renamed.join(', ')}.`
    const explained = { ...judgement, reasons: ['renamed'], detail }
    return (await judge.judgeRewritten(read, explained)) ?? explained
  }
  return (await judge.judgeRewritten(read, judgement)) ?? judgement
}

/** Whether the server refused an unknown table or column. */
function isUnknownName({ example }: Judgement): boolean {
  return example !== null && /^error (?:42P01|42703)/.test(example.postgres)
}

/** Whether the rows of today differ, and nothing in the statement explains it. */
function isOfRows({ example, reasons }: Judgement): boolean {
  return (
    example?.isOnRealRows === true && (reasons.includes('rows-differ') || reasons.includes('values-differ'))
  )
}
