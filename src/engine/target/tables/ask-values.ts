/**
 * Asks the server how it reads texts of a type that we cannot parse. Invariant: nothing is written, and each text goes through the type's
 * input function, not through a cast from text, which may truncate it.
 */
import type { ServerValue } from '../../model/conversion.ts'
import type { Connection } from '../connection/connection.ts'
import { isTransient, TargetError } from '../connection/pg-errors.ts'
import { byHalves } from '../connection/savepoint.ts'
import { takeApplicationPath } from '../guards/application-path.ts'
import { keepsNumbers } from './keeps-numbers.ts'

/** The number of parameters in one statement. */
const AT_ONCE = 500

type AskedType = {
  /** The type as the server's catalog spells it. */
  readonly type: string
  /** The schema of the application's tables, where functions of its types look names up. */
  readonly schema: string
  /** The zone in which a time without a zone is read. */
  readonly zone: string
}

/**
 * Returns the server's value for each text; null for a text that the server refuses, would change, or does not accept in binary form.
 * Returns null instead of the map for a type without a binary form.
 */
export async function askValues(
  connection: Connection,
  { type, schema, zone }: AskedType,
  texts: readonly string[],
): Promise<ReadonlyMap<string, ServerValue | null> | null> {
  return connection.transaction(async () => {
    await connection.execute('set transaction read only')
    await takeApplicationPath(connection, { schema })
    const { rows } = await connection.query<{ send: string }>(
      `select t.typsend::regproc::text as send
         from pg_catalog.pg_type t
        where t.oid = $1::regtype and t.typsend <> 0 and t.typreceive <> 0 and t.typtype <> 'p'`,
      [type],
    )
    const send = rows[0]?.send
    if (send === undefined) return null
    const spelled = await inZone(connection, type, zone, texts)
    await connection.query(`select set_config('timezone', 'UTC', true)`)
    const asked = [...new Set(spelled.values())].filter((text) => text !== null)
    const sent = await ask(connection, type, asked, `pg_catalog.encode(${send}(v), 'hex')`)
    const answers = await received(connection, type, sent)
    return new Map(
      texts.map((text) => {
        const answer = answers.get(spelled.get(text) ?? '')
        if (answer === undefined || !keepsNumbers(text, answer.text) || cuts(type, text, answer.text))
          return [text, null]
        return [text, answer]
      }),
    )
  })
}

/** Each text as the server prints it with its zone; the texts themselves when the zone is UTC. */
async function inZone(
  connection: Connection,
  type: string,
  zone: string,
  texts: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  if (/^(?:UTC|Etc\/UTC)$/i.test(zone)) return new Map(texts.map((text) => [text, text]))
  await connection.query(`select set_config('timezone', $1, true)`, [zone])
  const answers = await ask(connection, type, texts, `''`)
  return new Map(texts.map((text) => [text, answers.get(text)?.text ?? null]))
}

/** The server's values; texts that it refuses are missing. */
async function ask(
  connection: Connection,
  type: string,
  texts: readonly string[],
  field: string,
): Promise<ReadonlyMap<string, ServerValue>> {
  const known = new Map<string, ServerValue>()
  await eachTaken(connection, texts, async (some) => {
    const values = some.map((_, at) => `(${at}, $${at + 1}::${type})`).join(', ')
    const { rows } = await connection.query<{ place: number; field: string; text: string }>(
      `select place, ${field} as field, v::text as text from (values ${values}) as asked (place, v)`,
      some,
    )
    for (const { place, field: bytes, text } of rows) known.set(some[place]!, { field: bytes, text })
  })
  return known
}

/** The answers that the type also accepts in binary form: some values can be sent but not received, such as an empty tsquery. */
async function received(
  connection: Connection,
  type: string,
  answers: ReadonlyMap<string, ServerValue>,
): Promise<ReadonlyMap<string, ServerValue>> {
  const known = new Map<string, ServerValue>()
  await eachTaken(connection, [...answers], async (some) => {
    await connection.query(
      `select from (values ${some.map((_, at) => `($${at + 1}::${type})`).join(', ')}) as received`,
      some.map(([, { field }]) => Buffer.from(field, 'hex')),
    )
    for (const [text, answer] of some) known.set(text, answer)
  })
  return known
}

/** Tries the items in groups; those that the server refuses are skipped. */
async function eachTaken<T>(
  connection: Connection,
  all: readonly T[],
  attempt: (some: readonly T[]) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < all.length; at += AT_ONCE)
    await byHalves(connection, isRefusal, all.slice(at, at + AT_ONCE), attempt, () => {})
}

/** Includes errors in a type's own syntax and names that its functions do not find. */
const isRefusal = (error: unknown): error is TargetError =>
  error instanceof TargetError && error.sqlstate !== null && !isTransient(error)

/** These two types silently truncate a text to its first bytes (manual section 8.3). */
function cuts(type: string, text: string, printed: string): boolean {
  return /^(?:"char"|name)(?:\[\])?$/.test(type) && text !== printed
}
