/** A source file made by SQL, and an empty database on a server; both are removed after the body. */
import { join } from 'node:path'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import type { TargetAddress } from '../../src/engine/target/address/address.ts'
import { type Connection, connect } from '../../src/engine/target/connection/connection.ts'
import { freshDatabase } from './databases.ts'
import { temporaryFolder } from './folders.ts'

export type Scene = {
  readonly file: string
  readonly workFolder: string
  readonly url: string
  readonly address: TargetAddress
  readonly connection: Connection
}

export async function inScene(
  url: string,
  {
    name,
    sql,
    collation,
  }: {
    readonly name: string
    readonly sql: string
    /** What CREATE DATABASE says about the order of text. */
    readonly collation?: string
  },
  body: (scene: Scene) => Promise<void>,
): Promise<void> {
  const folder = temporaryFolder()
  const file = join(folder, name)
  const db = openWritable(file)
  db.pragma('foreign_keys = off')
  db.exec(sql)
  db.close()
  const database = await freshDatabase(url, undefined, collation)
  const connection = await connect(database.address)
  try {
    await body({
      file,
      workFolder: join(folder, 'work'),
      url: database.url,
      address: database.address,
      connection,
    })
  } finally {
    await connection.end()
    await database.drop()
  }
}
