/**
 * Judges writing statements. Invariant: they run on a copy in SQLite, and in PostgreSQL in a transaction that is rolled back, and that only
 * when it is allowed; else the server only plans the statement.
 */
import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { runForeign } from '../../target/guards/foreign-statement.ts'
import { type Refusal, reasonOfRefusal } from '../differences/refusals.ts'
import { type BoundText, postgresText } from '../statement/statement-text.ts'
import type { KnownTable } from '../tables/known-tables.ts'
import { writtenTable } from '../tables/written-table.ts'
import { type JudgeGround, type Judgement, judged, type ReadCase } from '../trial/judge-ground.ts'
import { tryWrites } from './carry-out-write.ts'
import { rewriteGroundOf, rewriteParsedWrite } from './rewrite.ts'
import { rewriteWrite } from './rewrite-write.ts'
import { tryOnMadeRows } from './try-made-write.ts'
import { judgementOfSame, judgementOfWrite } from './write-judgement.ts'
import type { WriteResult } from './write-results.ts'

/** A statement for PostgreSQL: for the target's tables, and for temporary ones of the same names. */
type WriteText = { readonly text: BoundText; readonly bare: BoundText; readonly reliance: string }

export async function judgeWrite(one: ReadCase, ground: JudgeGround): Promise<Judgement> {
  const asItIs = postgresText(one.sql)
  const planned = await plan(asItIs, ground)
  if (ground.writes !== 'allowed') return judgeUntried(one, planned, ground)
  const result =
    planned === null
      ? await tryAll({ text: asItIs, bare: asItIs, reliance: '' }, one, ground)
      : { ...planned, kind: 'refused' as const, tried: 0, isOnRealRows: true }
  const judgement =
    result.kind === 'same' ? judgementOfSame(result.tried, one, ground) : judgementOfWrite(result, one)
  if (judgement.verdict === 'same') return judgement
  for (const rewrite of rewritesOf(one, ground)) {
    if ((await plan(rewrite.text, ground)) !== null) continue
    const other = await tryAll(rewrite, one, ground)
    if (other.kind !== 'same' || other.tried === 0) continue
    return {
      ...judgement,
      verdict: 'rewritten',
      rewrite: rewrite.text.sql,
      parametersTried: other.tried,
      detail: `As it is, it ${judgement.verdict === 'fails' ? 'fails' : 'differs'}. ${judgement.detail}${rewrite.reliance}`,
    }
  }
  return judgement
}

/** Judges a statement that is only planned. */
async function judgeUntried(one: ReadCase, planned: Refusal | null, ground: JudgeGround): Promise<Judgement> {
  if (planned === null) {
    const isBusy = ground.writes === 'others-connected'
    const detail = isBusy
      ? 'It writes, and other clients are connected to the database: it was not executed beside them. To execute it on a copy of the target: --writes-on-copy.'
      : 'It writes, and PostgreSQL can plan it. To execute it: --writes-on-copy, on a copy of the target, or --writes, on the target itself, in a transaction that is rolled back.'
    return judged('not-judged', [isBusy ? 'others-connected' : 'writes'], detail)
  }
  const { code, detail } = reasonOfRefusal(planned, one.hazards)
  let proposal = ''
  for (const { text } of rewritesOf(one, ground)) {
    if (proposal !== '' || (await plan(text, ground)) !== null) continue
    proposal = ` It might be: ${text.sql} (planned by PostgreSQL, not executed).`
  }
  return judged('fails', [code], `${detail}${proposal}`)
}

/** Returns the possible rewrites: one with few changes, and our translation. */
function rewritesOf(one: ReadCase, ground: JudgeGround): WriteText[] {
  const changed = rewriteWrite(one.sql, one.tables)
  const parsed = rewriteParsedWrite(one.sqliteSql, one.tables, rewriteGroundOf(one, ground))
  const texts: WriteText[] =
    changed === null ? [] : [{ text: postgresText(changed), bare: postgresText(changed), reliance: '' }]
  return parsed.kind === 'none' ? texts : [...texts, { ...parsed, text: parsed.postgres }]
}

/** Returns the server's refusal; null when it can plan the statement. */
async function plan(
  { sql, numbers }: BoundText,
  { writing, session, patience }: JudgeGround,
): Promise<Refusal | null> {
  const [outcome] = await runForeign(
    writing,
    [{ sql: `explain ${sql}`, parameters: numbers.map(() => null) }],
    { ...session, timeoutMs: patience.ms, isReadOnly: true },
  )
  return outcome?.kind === 'error' ? outcome : null
}

/** Tries the statement on the existing rows, then on trial rows. */
async function tryAll({ text, bare }: WriteText, one: ReadCase, ground: JudgeGround): Promise<WriteResult> {
  const table = writtenTable(one)
  const from = (known: KnownTable) => quoteIdentifier(known.copied?.target.table ?? known.name)
  const place = {
    isOnRealRows: true,
    db: ground.copies.at(one.database.database),
    // Without a commit, deferred constraints would never be checked.
    before: [...ground.sequenceGuards, 'set constraints all immediate'],
    tables: table === null ? [] : [{ table, from: from(table) }],
    lists: one.lists,
  }
  let result = await tryWrites(text, one, place, ground)
  for (const trial of one.trials) {
    if (result.kind !== 'same') return result
    const made = await tryOnMadeRows(bare, one, trial, ground)
    result = made.kind === 'same' ? { kind: 'same', tried: result.tried + made.tried } : made
  }
  return result
}
