/** Object ids of the tables that a run created, from its journal. Invariant: the journal is read once. */
import { readCreatedTables } from '../journal/journal.ts'
import type { TableName } from '../model/target-schema.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'

export class CreatedIds {
  readonly #connection: Connection
  readonly #run: string
  #known: Promise<ReadonlyMap<string, string | null>> | null = null

  constructor(connection: Connection, run: string) {
    this.#connection = connection
    this.#run = run
  }

  /** Returns null when the journal does not have the id. */
  async of(table: TableName): Promise<string | null> {
    this.#known ??= readCreatedTables(this.#connection, this.#run).then(
      (tables) => new Map(tables.map((created) => [quoteTable(created), created.oid])),
    )
    return (await this.#known).get(quoteTable(table)) ?? null
  }
}
