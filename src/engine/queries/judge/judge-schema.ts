/**
 * Judges statements that change the schema: whether the object exists in the target, and whether PostgreSQL accepts the statement.
 * Invariant: every change is rolled back, and no statement is executed that would read or write a table's rows.
 */

import { quoteLiteral } from '../../syntax/postgres-names.ts'
import { runForeign } from '../../target/guards/foreign-statement.ts'
import { type SchemaObject, schemaObjectOf } from '../statement/schema-object.ts'
import { type JudgeGround, type Judgement, judged } from '../trial/judge-ground.ts'
import type { NamedTables } from './not-judged.ts'

type Reason = { readonly code: string; readonly detail: string }

/** Returns `not-judged` with the reasons `schema-statement`, whether the object exists, and whether the server refuses the statement. */
export async function judgeSchema(
  sql: string,
  isDynamic: boolean,
  { inTarget }: NamedTables,
  ground: JudgeGround,
): Promise<Judgement> {
  const object = schemaObjectOf(sql)
  const there = object === null ? null : inTarget(object.table)
  const isThere = object !== null && !object.isTemporary && (await isInTarget(object, there, ground))
  const refusal = isDynamic ? null : await refusalOf(sql, object, ground)
  const reasons = [
    object === null ? null : presence(object, there, isThere),
    refusal === null ? null : { code: 'schema-refused', detail: refusal },
  ].filter((one) => one !== null)
  const detail = ['It changes the schema.', ...reasons.map((one) => one.detail)].join(' ')
  return judged('not-judged', ['schema-statement', ...reasons.map(({ code }) => code)], detail)
}

function presence(object: SchemaObject, there: string | null, isThere: boolean): Reason | null {
  const { verb, kind, isConditional, isTemporary, addedColumn, name } = object
  const what = addedColumn === null ? `The ${kind.replace('-', ' ')} ${name}` : `The column ${addedColumn}`
  if (isTemporary)
    return { code: 'schema-temporary', detail: `${what} is temporary; PostgreSQL has temporary objects too.` }
  if (verb === 'drop') {
    const effect = isThere ? 'removes it' : isConditional ? 'does nothing' : 'fails, since it does not exist'
    return {
      code: isThere ? 'schema-there' : 'schema-new',
      detail: `${what}: on the target the statement ${effect}.`,
    }
  }
  if (isThere) {
    const place =
      there === null
        ? 'is in the target'
        : addedColumn === null && kind === 'table'
          ? `is ${there} in the target`
          : `is in the target, with the table ${there}`
    const effect =
      verb === 'alter' && addedColumn === null
        ? 'the statement changes it there, too'
        : isConditional
          ? 'the statement does nothing there'
          : 'without IF NOT EXISTS the statement fails there'
    return { code: 'schema-there', detail: `${what} ${place}: ${effect}.` }
  }
  if (there !== null) {
    return {
      code: 'schema-new',
      detail: `${what} is not in the target, whose table is ${there}: the statement creates it there.`,
    }
  }
  return {
    code: 'schema-new',
    detail: `The migration has moved no such table${kind === 'table' ? '' : ` as ${object.table}`}: rewrite the statement in PostgreSQL’s SQL if the program still needs it.`,
  }
}

async function isInTarget(object: SchemaObject, there: string | null, ground: JudgeGround): Promise<boolean> {
  const { kind, name, addedColumn, table } = object
  const relation = kind === 'table' || kind === 'virtual-table' ? (there ?? name) : name
  const plain = there === null ? name : there.slice(there.indexOf('.') + 1)
  const asked =
    addedColumn !== null
      ? `exists (select from information_schema.columns where table_name = ${quoteLiteral(plain)} and lower(column_name) = lower(${quoteLiteral(addedColumn)}) and table_schema = any (current_schemas(false)))`
      : kind === 'trigger'
        ? `exists (select from pg_catalog.pg_trigger where tgname = ${quoteLiteral(name)})`
        : `exists (select from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace where n.nspname = any (current_schemas(false)) and lower(c.relname) = lower(${quoteLiteral(relation.slice(relation.indexOf('.') + 1))}))`
  if (there === null && kind === 'trigger' && table === name) return false
  const [outcome] = await runForeign(
    ground.connection,
    [{ sql: `select ${asked}`, parameters: [] }],
    ground.session,
  )
  return outcome?.kind === 'rows' && outcome.rows[0]?.[0] === 't'
}

/** Returns why the server refuses the statement; null when it accepts it, or the statement cannot be tried. */
async function refusalOf(
  sql: string,
  object: SchemaObject | null,
  ground: JudgeGround,
): Promise<string | null> {
  if (object?.kind === 'virtual-table')
    return 'There are no virtual tables in PostgreSQL: full text is a tsvector column there.'
  if (object?.kind === 'trigger' && object.verb === 'create')
    return 'A PostgreSQL trigger calls a function: create function … returns trigger, then create trigger … execute function.'
  const unread = await unreadable(sql, ground)
  if (unread !== null) return `PostgreSQL cannot parse it as it is: ${unread}.${insteadOf(unread, sql)}`
  if (!isLight(object) || ground.writes !== 'allowed') return null
  const [outcome] = await runForeign(ground.writing, [{ sql, parameters: [] }], {
    ...ground.session,
    timeoutMs: ground.patience.ms,
    isReadOnly: false,
  })
  if (outcome?.kind !== 'error' || /^42(?:P07|701|710)$/.test(outcome.sqlstate)) return null
  const reason = bare(outcome.message)
  return `PostgreSQL refuses it: ${reason} (SQLSTATE ${outcome.sqlstate}).${insteadOf(reason, sql)}`
}

/** Whether the statement reads and writes no rows. */
function isLight(object: SchemaObject | null): boolean {
  if (object === null || object.isFilled || object.verb === 'drop') return false
  return object.kind === 'view' || (object.kind === 'table' && object.verb === 'create')
}

/** Returns the server's syntax error, or null. The statement is parsed inside a block, and not executed. */
async function unreadable(sql: string, { connection, session }: JudgeGround): Promise<string | null> {
  const quote = '$unread$'
  if (sql.includes(quote)) return null
  const block = `do ${quote} begin if false then ${sql.replace(/;\s*$/, '')}; end if; end ${quote}`
  const [outcome] = await runForeign(connection, [{ sql: block, parameters: [] }], session)
  return outcome?.kind === 'error' && outcome.sqlstate === '42601' ? bare(outcome.message) : null
}

function bare(message: string): string {
  return message.replace(/^error: /, '')
}

const instead: readonly (readonly [RegExp, string])[] = [
  [/autoincrement/i, 'generated by default as identity'],
  [/without/i, 'leave WITHOUT ROWID out'],
  [/strict/i, 'leave STRICT out'],
  [/type "(?:datetime|timestamp\w*)"/i, 'timestamp'],
  [/type "(?:blob|longblob)"/i, 'bytea'],
  [/type "(?:double|float\d*)"/i, 'double precision'],
  [/type "(?:int\w*|\w+int|number)"/i, 'bigint'],
  [/type "(?:\w*text|string|nvarchar|clob)"/i, 'text'],
  [/collation/i, 'lower(column) in the index, or the type citext'],
  [
    /near "\("|strftime|datetime|date\(/i,
    'DEFAULT takes an expression of PostgreSQL’s functions: current_timestamp, now()',
  ],
]

function insteadOf(reason: string, sql: string): string {
  const found = instead.find(([pattern]) => pattern.test(reason))?.[1]
  const known = found ?? (/autoincrement/i.test(sql) ? 'generated by default as identity' : null)
  return known === null ? '' : ` Instead: ${known}.`
}
