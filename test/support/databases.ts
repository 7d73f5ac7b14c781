/** For tests that need PostgreSQL: runs the same tests on every available server, each in a database of its own. */
import { randomBytes } from 'node:crypto'
import { describe, inject } from 'vitest'
import { quoteIdentifier } from '../../src/engine/syntax/postgres-names.ts'
import { resolveTarget, type TargetAddress, withDatabase } from '../../src/engine/target/address/address.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { isNight } from './breadth.ts'
import type { TestServer } from './servers.ts'

/** A new, empty database; `drop` disconnects any remaining sessions. `name`: a name for it. */
export type FreshDatabase = {
  readonly url: string
  readonly address: TargetAddress
  drop(): Promise<void>
}

/** Declares the tests once for each server, with its version in the title. */
export function forEachServer(body: (server: TestServer) => void): void {
  for (const server of inject('servers')) declareFor(server, body)
}

/** For long suites: on one server, but in the nightly run on every server. */
export function forEachServerNightly(body: (server: TestServer) => void): void {
  if (isNight) forEachServer(body)
  else declareFor(anyServer(), body)
}

function declareFor(server: TestServer, body: (server: TestServer) => void): void {
  describe(`PostgreSQL ${server.major} (${server.kind})`, () => body(server))
}

/** The server for tests that need only one. */
export function anyServer(): TestServer {
  return inject('servers')[0]!
}

export async function freshDatabase(
  serverUrl: string,
  name?: string,
  collation = '',
): Promise<FreshDatabase> {
  const database = name ?? `t_${randomBytes(6).toString('hex')}`
  const server = resolveTarget({ target: serverUrl, env: {} })
  const known = collation === '' && inject('servers').find(({ url }) => url === serverUrl)
  const how = known ? known.freshly : `template template0 ${collation}`
  await onServer(server, `create database ${quoteIdentifier(database)} ${how}`)
  const url = new URL(serverUrl)
  url.pathname = `/${encodeURIComponent(database)}`
  return {
    url: url.href,
    address: withDatabase(server, database),
    drop: () => onServer(server, `drop database if exists ${quoteIdentifier(database)} with (force)`),
  }
}

/** Runs one statement in the server's own database. */
export async function onServer(server: TargetAddress, sql: string): Promise<void> {
  await using connection = await connect(server)
  await connection.execute(sql)
}
