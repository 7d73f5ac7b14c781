/** Messages of rows are summed as the parser of COPY and `RowSum` do, however they are cut: by the socket, or from rows. */
import { EventEmitter } from 'node:events'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { RowSum } from '../../../src/engine/encode/rows/row-hash.ts'
import { MessageSums } from '../../../src/engine/page-sums/message-sums.ts'
import type { Connection } from '../../../src/engine/target/connection/connection.ts'
import { COPY_HEADER, COPY_TRAILER } from '../../../src/engine/target/copy/copy-binary.ts'
import { copyOut } from '../../../src/engine/target/copy/copy-out.ts'
import { propertyRuns } from '../../support/breadth.ts'

type Statement = {
  submit(connection: { readonly stream: EventEmitter; query(sql: string): void }): void
  handleReadyForQuery(): void
}

/** Lets `copyOut` read the chunks; what is summed, or what it throws. */
async function read(chunks: readonly Buffer[], fields: number | null): Promise<unknown> {
  const sum = new RowSum()
  const stream = new EventEmitter()
  let rest = 0
  stream.on('data', (bytes: Buffer) => {
    rest += bytes.length
  })
  const connection = {
    lost: null,
    attend: (promise: Promise<void>) => promise,
    translate: (error: unknown) => error,
    client: {
      query(statement: Statement) {
        statement.submit({ stream, query() {} })
        queueMicrotask(() => {
          for (const chunk of chunks) stream.emit('data', chunk)
          statement.handleReadyForQuery()
        })
      },
    },
  } as unknown as Connection
  const whole = fields === null ? null : MessageSums.of(fields, sum)
  try {
    const rows = await copyOut(
      connection,
      'copy',
      (buffer, start, end) => sum.add(buffer, start, end),
      null,
      whole,
    )
    taken += whole?.rows ?? 0
    return { rows, summed: sum.rows, sum: sum.toString(), rest }
  } catch (error) {
    return String(error)
  }
}

let taken = 0
let all = 0

const field = fc.oneof(
  fc.constant(null),
  fc.uint8Array({ maxLength: 20 }),
  fc.constantFrom(15, 16, 17, 31, 32, 33, 70_000).map((length) => new Uint8Array(length).fill(length)),
)

function tuple(fields: readonly (Uint8Array | null)[]): Buffer {
  const head = Buffer.alloc(2)
  head.writeInt16BE(fields.length)
  const parts = fields.flatMap((bytes) => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(bytes?.length ?? -1)
    return bytes === null ? [length] : [length, bytes]
  })
  return Buffer.concat([head, ...parts])
}

function message(body: Buffer, type = 'd'): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

/** The bytes in pieces of these sizes, again and again. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

const stream = fc.integer({ min: 0, max: 4 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    rows: fc.array(fc.array(field, { minLength: count, maxLength: count }), { maxLength: 30 }),
    /** How rows come in messages: one in each, as the server sends them, or any other way. */
    messages: fc.oneof(
      fc.constant(null),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 4 }),
    ),
    chunks: fc.oneof(
      fc.constant([65_536]),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
    ),
    /** A byte that is something else than it was, by its place from the start. */
    spoilt: fc.option(fc.nat({ max: 600 }), { nil: null, freq: 3 }),
    notice: fc.boolean(),
  }),
)

it('sums messages as the parser of COPY does', async () => {
  await fc.assert(
    fc.asyncProperty(stream, async ({ count, rows, messages, chunks, spoilt, notice }) => {
      const tuples = rows.map(tuple)
      const bodies =
        messages === null
          ? [COPY_HEADER, ...tuples, COPY_TRAILER]
          : cut(Buffer.concat([COPY_HEADER, ...tuples, COPY_TRAILER]), messages)
      const sent = bodies.map((body) => message(body))
      if (notice) sent.splice(2, 0, message(Buffer.from('SNOTICE\0\0'), 'N'))
      const bytes = Buffer.concat([...sent, message(Buffer.alloc(0), 'c')])
      // Not in a message's type or length: what follows would be the driver's.
      if (spoilt !== null && messages === null && bytes.length > 31 + spoilt) bytes[31 + spoilt]! ^= 1
      const pieces = cut(bytes, chunks)
      expect(await read(pieces, count)).toEqual(await read(pieces, null))
      all += rows.length
    }),
    { numRuns: propertyRuns(300) },
  )
})

afterAll(() => {
  expect(taken).toBeGreaterThan(all / 5)
})
