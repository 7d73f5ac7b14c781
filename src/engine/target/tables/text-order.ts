import type { Connection } from '../connection/connection.ts'

/** Whether the database orders text by bytes, as SQLite does: the collations C, POSIX, C.UTF-8 and the like. */
export async function hasByteOrder(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query<{ text: string }>(
    `select text
       from unnest(array['a', 'B', 'A', 'b', 'a-b', 'ab', 'a b', 'aB', '_', '1', 'é', 'z', 'Z', '~']) as given (text)
      order by text collate "default"`,
  )
  const texts = rows.map(({ text }) => text)
  return texts.every(
    (text, at) => at === 0 || Buffer.compare(Buffer.from(texts[at - 1]!), Buffer.from(text)) < 0,
  )
}
