import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Connection, connect } from '../../../../src/engine/target/connection/connection.ts'
import { COPY_HEADER, COPY_TRAILER, TupleParser } from '../../../../src/engine/target/copy/copy-binary.ts'
import { copyIn } from '../../../../src/engine/target/copy/copy-in.ts'
import { copyOut } from '../../../../src/engine/target/copy/copy-out.ts'
import { type FreshDatabase, forEachServer, freshDatabase } from '../../../support/databases.ts'

type Fields = readonly (Buffer | null)[]

function encode(rows: readonly Fields[]): Buffer {
  const parts: Buffer[] = [COPY_HEADER]
  for (const row of rows) {
    const count = Buffer.alloc(2)
    count.writeInt16BE(row.length)
    parts.push(count)
    for (const field of row) {
      const length = Buffer.alloc(4)
      length.writeInt32BE(field === null ? -1 : field.length)
      parts.push(length, field ?? Buffer.alloc(0))
    }
  }
  return Buffer.concat([...parts, COPY_TRAILER])
}

function collect(into: Fields[]) {
  return (buffer: Buffer, start: number, end: number, fieldCount: number, offsets: Int32Array) => {
    expect(fieldCount === 0 ? start : offsets[0]).toBe(start)
    expect(offsets[fieldCount]).toBe(end)
    into.push(
      Array.from({ length: fieldCount }, (_, i) => {
        const at = offsets[i]!
        const length = buffer.readInt32BE(at)
        if (length === -1) return null
        expect(at + 4 + length).toBe(offsets[i + 1])
        return Buffer.from(buffer.subarray(at + 4, at + 4 + length))
      }),
    )
  }
}

const field = fc.option(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)))
const table = fc.array(fc.array(field, { maxLength: 6 }), { maxLength: 20 })

test('rows come out whole however the stream is cut', () => {
  fc.assert(
    fc.property(table, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (rows, cuts) => {
      const bytes = encode(rows)
      const got: Fields[] = []
      const parser = new TupleParser(collect(got))
      let at = 0
      for (let i = 0; at < bytes.length; i++) {
        const size = Math.min(cuts[i % cuts.length]!, bytes.length - at)
        // Every piece in a buffer of its own, with other bytes around it.
        const piece = Buffer.concat([Buffer.from('??'), bytes.subarray(at, at + size), Buffer.from('!!')])
        parser.push(piece, 2, 2 + size)
        at += size
      }
      parser.finish()
      expect(got).toEqual(rows)
      expect(parser.rows).toBe(rows.length)
    }),
  )
})

test('large rows come out in parts, however the stream is cut, and the others whole', () => {
  const large = fc
    .tuple(fc.integer({ min: 1 << 20, max: 3 << 20 }), fc.integer({ min: 0, max: 255 }))
    .map(([size, fill]) => Buffer.alloc(size, fill))
  const fields = fc.array(fc.oneof({ weight: 4, arbitrary: field }, { weight: 1, arbitrary: large }), {
    maxLength: 5,
  })
  const cut = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 60_000, max: 70_000 }))
  fc.assert(
    fc.property(
      fc.array(fields, { maxLength: 6 }),
      fc.array(cut, { minLength: 1, maxLength: 9 }),
      (rows, cuts) => {
        const bytes = encode(rows)
        const got: Buffer[] = []
        let parts: Buffer[] = []
        const parser = new TupleParser(
          (buffer, start, end) => got.push(Buffer.from(buffer.subarray(start, end))),
          (buffer, start, end, isLast) => {
            parts.push(Buffer.from(buffer.subarray(start, end)))
            if (!isLast) return
            got.push(Buffer.concat(parts))
            parts = []
          },
        )
        let at = 0
        for (let i = 0; at < bytes.length; i++) {
          // Large cuts once the stream has gone on for a while, or it would take forever.
          const wanted = i < 2000 ? cuts[i % cuts.length]! : 65_536
          const end = Math.min(bytes.length, at + wanted)
          parser.push(bytes, at, end)
          at = end
        }
        parser.finish()
        expect(parts).toEqual([])
        expect(parser.rows).toBe(rows.length)
        const sent = rows.map((row) => encode([row]).subarray(COPY_HEADER.length + 2, -COPY_TRAILER.length))
        expect(got.map((tuple, index) => tuple.equals(sent[index]!))).toEqual(rows.map(() => true))
      },
    ),
    { numRuns: 30 },
  )
})

test('a stream that ends early, continues after its trailer, or is no COPY BINARY is an error', () => {
  const bytes = encode([[Buffer.from('abc'), null]])
  for (let length = 0; length < bytes.length; length++) {
    const parser = new TupleParser(() => undefined)
    parser.push(bytes, 0, length)
    expect(() => parser.finish()).toThrow()
  }
  const longer = Buffer.concat([bytes, Buffer.from([0])])
  expect(() => new TupleParser(() => undefined).push(longer, 0, longer.length)).toThrow('trailer')
  const wrong = Buffer.from('1\tabc\n2\tdef\n3\tghi\n4\tjkl\n')
  expect(() => new TupleParser(() => undefined).push(wrong, 0, wrong.length)).toThrow('header')
})

forEachServer((server) => {
  let database: FreshDatabase
  let connection: Connection
  beforeAll(async () => {
    database = await freshDatabase(server.url)
    connection = await connect(database.address)
    await connection.execute('create table public.t (a int, b bytea)')
  })
  afterAll(async () => {
    await connection.end()
    await database.drop()
  })

  const into = 'copy public.t (a, b) from stdin (format binary)'
  const rowOf = (a: number, b: Buffer | null): Fields => {
    const number = Buffer.alloc(4)
    number.writeInt32BE(a)
    return [number, b]
  }

  test('what goes in comes out, large values too', async () => {
    await connection.execute('truncate public.t')
    const rows = [
      rowOf(1, null),
      rowOf(2, Buffer.alloc(0)),
      rowOf(3, Buffer.alloc(30_000_000, 'x')),
      rowOf(4, Buffer.from('end')),
    ]
    const copy = copyIn(connection, into)
    const bytes = encode(rows)
    for (let at = 0; at < bytes.length; at += 262_144) await copy.write(bytes.subarray(at, at + 262_144))
    expect(await copy.finish()).toBe(4)
    const got: Fields[] = []
    expect(await copyOut(connection, 'copy public.t to stdout (format binary)', collect(got))).toBe(4)
    expect(got.map((row) => row[1]?.length)).toEqual([undefined, 0, 30_000_000, 3])
    expect(got[2]![1]!.equals(rows[2]![1]!)).toBe(true)
    expect(await connection.queryOne('select count(*)::int as n from public.t')).toEqual({ n: 4 })
  })

  test('an empty table and many rows', async () => {
    await connection.execute('truncate public.t')
    expect(await copyOut(connection, 'copy public.t to stdout (format binary)', () => undefined)).toBe(0)
    let sum = 0
    const rows = await copyOut(
      connection,
      'copy (select i from generate_series(1, 300000) i) to stdout (format binary)',
      (buffer, start) => {
        sum += buffer.readInt32BE(start + 4)
      },
    )
    expect([rows, sum]).toEqual([300_000, (300_000 * 300_001) / 2])
  })

  test('an aborted copy leaves nothing, and the connection continues', async () => {
    await connection.execute('truncate public.t')
    const copy = copyIn(connection, into)
    await copy.write(encode([rowOf(1, null)]))
    await copy.abort()
    expect(await connection.queryOne('select count(*)::int as n from public.t')).toEqual({ n: 0 })
    const early = copyIn(connection, into)
    await early.abort()
    expect(await connection.queryOne('select 1 as n')).toEqual({ n: 1 })
  })

  test('a refused row, a missing table, a wrong format: the server says why, and the connection continues', async () => {
    const bad = copyIn(connection, into)
    await bad.write(encode([[Buffer.from('five!'), null]]))
    await expect(bad.finish()).rejects.toMatchObject({
      kind: 'target',
      sqlstate: expect.stringMatching(/^22/),
    })
    await bad.abort()
    const missing = copyIn(connection, 'copy public.nothing from stdin (format binary)')
    const writing = async () => {
      for (let i = 0; i < 1000; i++) await missing.write(Buffer.alloc(262_144))
      await missing.finish()
    }
    await expect(writing()).rejects.toMatchObject({ sqlstate: '42P01' })
    await expect(
      copyOut(connection, 'copy public.nothing to stdout (format binary)', () => undefined),
    ).rejects.toMatchObject({ sqlstate: '42P01' })
    await expect(
      copyOut(
        connection,
        'copy (select 1 / (5000 - i) from generate_series(1, 10000) i) to stdout (format binary)',
        () => undefined,
      ),
    ).rejects.toMatchObject({ sqlstate: '22012' })
    expect(await connection.queryOne('select 1 as n')).toEqual({ n: 1 })
  })

  test('a reader that throws gets its own error back, and the connection continues', async () => {
    const copy = copyOut(
      connection,
      'copy (select i from generate_series(1, 50000) i) to stdout (format binary)',
      () => {
        throw new Error('enough')
      },
    )
    await expect(copy).rejects.toThrow('enough')
    expect(await connection.queryOne('select 1 as n')).toEqual({ n: 1 })
  })

  test('a copy out that is cancelled on the server ends, and its connection can be used', async () => {
    const other = await connect(connection.address)
    let canceled: Promise<unknown> | null = null
    const copy = copyOut(
      connection,
      'copy (select i, pg_sleep(0.001)::text from generate_series(1, 1000000) i) to stdout (format binary)',
      () => {
        canceled ??= other.query('select pg_cancel_backend($1)', [connection.processId])
      },
    )
    await expect(copy).rejects.toMatchObject({ code: 'canceled' })
    await canceled
    await other.end()
    expect(await connection.queryOne('select 1 as n')).toEqual({ n: 1 })
  })
})
