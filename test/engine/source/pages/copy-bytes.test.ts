/** What becomes of rows does not depend on who read them: the same bytes for COPY, the same refusals, and what the server returns. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ByteWriter } from '../../../../src/engine/encode/cell/byte-writer.ts'
import { type Refusal, RowEncoder } from '../../../../src/engine/encode/rows/row-encoder.ts'
import { RowSum } from '../../../../src/engine/encode/rows/row-hash.ts'
import type { Conversion } from '../../../../src/engine/model/conversion.ts'
import type { CopyPlan } from '../../../../src/engine/model/plan.ts'
import type { TargetTable } from '../../../../src/engine/model/target-schema.ts'
import { longValuesOf } from '../../../../src/engine/source/base/long-values.ts'
import type { TableReader } from '../../../../src/engine/source/base/reader.ts'
import { openReadOnly } from '../../../../src/engine/source/base/sqlite.ts'
import { openPageReader } from '../../../../src/engine/source/pages/page-reader.ts'
import { openSqliteReader } from '../../../../src/engine/source/readers/sqlite-reader.ts'
import { type Connection, connect } from '../../../../src/engine/target/connection/connection.ts'
import { COPY_HEADER, COPY_TRAILER } from '../../../../src/engine/target/copy/copy-binary.ts'
import { copyIn } from '../../../../src/engine/target/copy/copy-in.ts'
import { copyOut } from '../../../../src/engine/target/copy/copy-out.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { type FreshDatabase, forEachServerNightly, freshDatabase } from '../../../support/databases.ts'
import { temporaryFile } from '../../../support/folders.ts'
import { createGenerated, generated } from './generated.ts'
import { copyPlanOf } from './support.ts'

const choices: readonly (readonly [string, Conversion])[] = [
  ['text', { kind: 'text', maxCharacters: null }],
  ['bytea', { kind: 'bytes' }],
  ['numeric', { kind: 'numeric', precision: null, scale: null, form: 'real' }],
  ['double precision', { kind: 'double' }],
  ['bigint', { kind: 'integer', bytes: 8, form: 'integer' }],
]

type Encoded = {
  readonly bytes: Buffer
  readonly sum: string
  readonly refusals: readonly (Refusal & { row: number })[]
  readonly tallies: unknown
}

function encodeAll(reader: TableReader, copy: CopyPlan, target: TargetTable): Encoded {
  const encoder = new RowEncoder(copy, target, { orphans: [], exact: false })
  const out = new ByteWriter()
  const refusals: (Refusal & { row: number })[] = []
  const parts: Buffer[] = []
  const reading = reader.open({ range: { after: null, through: null }, rowsBefore: 0 })
  let more = true
  while (more) {
    more = reading.advance(7, (row) => {
      const refusal = encoder.encode(row, out)
      if (refusal !== null) refusals.push({ row: row.ordinal, ...refusal })
    })
    // Long values may be read until the reader continues.
    parts.push(Buffer.from(out.whole(0)))
    out.takeBack(0)
  }
  reader.close()
  return { bytes: Buffer.concat(parts), sum: encoder.sum.toString(), refusals, tallies: encoder.tallies() }
}

forEachServerNightly((server) => {
  let database: FreshDatabase
  let connection: Connection
  beforeAll(async () => {
    database = await freshDatabase(server.url)
    connection = await connect(database.address)
  })
  afterAll(async () => {
    await connection.end()
    await database.drop()
  })

  it('both readers, with long values and without, and the server agree on every byte', async () => {
    await fc.assert(
      fc.asyncProperty(
        generated,
        fc.array(fc.constantFrom(...choices), { minLength: 20, maxLength: 20 }),
        async (made, chosen) => {
          const file = temporaryFile()
          const { db, names, alias } = createGenerated(file, made)
          const columns = names.map((name, index) => {
            const [type, conversion] = name === 'id' ? choices[4]! : chosen[index]!
            return { target: `t${index}`, type, from: { kind: 'column', column: name, conversion } as const }
          })
          const copy: CopyPlan = {
            ...copyPlanOf(db, 't', alias),
            columns: columns.map(({ target, from }) => ({ target, from })),
          }
          db.close()
          const target = {
            schema: 'pg_temp',
            table: 'bytes',
            columns: columns.map(({ target: name, type }) => ({ name, type, nullable: true })),
          } as unknown as TargetTable
          const long = { ...longValuesOf(copy, 'all'), bytes: made.longFrom }
          const plan = { id: 't', database: 'a.db', table: 't', fate: { kind: 'copy', copy } } as never
          const snapshot = openReadOnly(file, { immutable: true })
          const [byPages, byPagesLong, bySqlite, bySqliteLong] = [
            encodeAll(openPageReader(file, copy), copy, target),
            encodeAll(openPageReader(file, copy, long), copy, target),
            encodeAll(openSqliteReader(snapshot, plan, null, {}), copy, target),
            encodeAll(openSqliteReader(snapshot, plan, null, { long, largestRow: 1e6 }), copy, target),
          ]
          snapshot.close()
          expect(bySqlite).toEqual(byPages)
          expect(byPagesLong).toEqual(byPages)
          expect(bySqliteLong).toEqual(byPages)

          await connection.execute(
            `create temporary table bytes (${columns.map(({ target: name, type }) => `${name} ${type}`).join(', ')})`,
          )
          try {
            const stream = copyIn(connection, 'copy pg_temp.bytes from stdin (format binary)')
            for (const chunk of [COPY_HEADER, byPages.bytes, COPY_TRAILER]) await stream.write(chunk)
            await stream.finish()
            const back = new RowSum()
            await copyOut(connection, 'copy pg_temp.bytes to stdout (format binary)', (bytes, start, end) =>
              back.add(bytes, start, end),
            )
            expect(back.toString()).toBe(byPages.sum)
          } finally {
            await connection.execute('drop table pg_temp.bytes')
          }
        },
      ),
      { numRuns: propertyRuns(100) },
    )
  })
})
