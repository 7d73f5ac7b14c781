/** What compiled code makes of the rows that SQLite writes anew is what is made of the same rows through SQLite, in any blocks. */
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { ByteWriter } from '../../../../src/engine/encode/cell/byte-writer.ts'
import { type Refusal, RowEncoder } from '../../../../src/engine/encode/rows/row-encoder.ts'
import type { Block } from '../../../../src/engine/model/block.ts'
import { PageEncoder } from '../../../../src/engine/page-encoder/page-encoder.ts'
import { PageSums } from '../../../../src/engine/page-sums/page-sums.ts'
import { sumRewritten } from '../../../../src/engine/rows/sum-rewritten.ts'
import { sumLeft, sumSource } from '../../../../src/engine/rows/sum-rows.ts'
import type { TableReader } from '../../../../src/engine/source/base/reader.ts'
import { openReadOnly } from '../../../../src/engine/source/base/sqlite.ts'
import { cutBlocks } from '../../../../src/engine/source/readers/blocks.ts'
import { RereadRows } from '../../../../src/engine/source/readers/reread-rows.ts'
import { Rewriting } from '../../../../src/engine/source/readers/rewriting.ts'
import { openRewrittenReader } from '../../../../src/engine/source/readers/rewritten-reader.ts'
import { isRewritable } from '../../../../src/engine/source/readers/rewritten-rows.ts'
import { openSqliteReader } from '../../../../src/engine/source/readers/sqlite-reader.ts'
import { encodedTables } from '../../../support/breadth.ts'
import { wordsOf } from '../tables.ts'
import { createRewritten, type RewrittenTable, rewrittenTable } from './rewritten-tables.ts'

const options = { orphans: [], exact: false }
/** Sizes of the largest row with which batches have 4000, 3 and 1 rows. */
const sizes = fc.constantFrom(3000, 5_000_000, 16_000_000)
const blockRows = fc.integer({ min: 1, max: 70 })

type Made = RewrittenTable & {
  readonly rewriting: Rewriting
  readonly size: number
  readonly blocks: readonly Block[]
  /** Opens SQLite's own reader. */
  readonly rows: () => TableReader
}

function withEachTable(check: (made: Made) => void): void {
  fc.assert(
    fc.property(rewrittenTable, sizes, blockRows, (generated, size, rowsPerBlock) => {
      const table = createRewritten(generated)
      using db = openReadOnly(table.file)
      const rewriting = Rewriting.open(table.file)!
      try {
        expect(isRewritable(table.copy, 6000)).toBe(true)
        const blocks = cutBlocks(db, table.table, { rowsPerBlock, staging: null })
        const rows = (): TableReader => openSqliteReader(db, table.table, null, { largestRow: 6000 })
        check({ ...table, rewriting, size, blocks, rows })
      } finally {
        rewriting.close()
      }
    }),
    { numRuns: encodedTables },
  )
}

function readEach(reader: TableReader, blocks: readonly Block[]): string[] {
  const lines: string[] = []
  for (const block of blocks) {
    const reading = reader.open(block)
    while (
      reading.advance(7, (row) => {
        lines.push([block.number, row.ordinal, wordsOf(row.rowid), ...row.cells.map(wordsOf)].join(' | '))
      })
    );
  }
  reader.close()
  return lines
}

it('reads the rows of each block as SQLite does', () => {
  withEachTable(({ table, copy, rewriting, size, blocks, rows }) => {
    const expected = readEach(rows(), blocks)
    expect(expected.length).toBe(blocks.reduce((sum, block) => sum + block.rows, 0))
    expect(readEach(openRewrittenReader(rewriting, table, copy, size), blocks)).toEqual(expected)
  })
})

let taken = 0
let summed = 0
let all = 0

type Encoded = { readonly refusals: readonly (Refusal & { row: number })[]; readonly [what: string]: unknown }

/** `encodes`: whether the compiled encoder gets the rows first. */
function encodeAll(
  { copy, target }: RewrittenTable,
  reader: TableReader,
  blocks: readonly Block[],
  encodes: boolean,
): Encoded {
  const encoder = new RowEncoder(copy, target, options)
  const plain = encodes ? PageEncoder.of(copy, target, options, reader.stored!) : null
  const out = new ByteWriter()
  const refusals: (Refusal & { row: number })[] = []
  for (const block of blocks) {
    const reading = reader.open(block)
    let more = true
    while (more) {
      more = reading.advance(
        40,
        (row) => {
          const refusal = encoder.encode(row, out)
          if (refusal !== null) refusals.push({ row: row.ordinal, ...refusal })
        },
        plain === null
          ? undefined
          : (rows, from, to, ordinal) => {
              const next = plain.take(rows, [from, to], ordinal, encoder, out)
              taken += next - from
              return next
            },
      )
    }
  }
  reader.close()
  const { sum } = encoder
  return {
    bytes: Buffer.from(out.whole(0)),
    sum: sum.toString(),
    rows: sum.rows,
    refusals,
    tallies: encoder.tallies(),
  }
}

it('encodes the rows of each block as the row encoder does', () => {
  withEachTable((made) => {
    const { table, copy, rewriting, size, blocks, rows } = made
    const expected = encodeAll(made, rows(), blocks, false)
    expect(encodeAll(made, openRewrittenReader(rewriting, table, copy, size), blocks, true)).toEqual(expected)
  })
  expect(taken).toBeGreaterThan(encodedTables)
})

it('sums the rows of each block as the row encoder does, and leaves the others by their keys', () => {
  withEachTable(({ copy, target, rewriting, size, blocks, rows }) => {
    const reread = new RereadRows(rewriting, 't', copy, size)
    const source = { file: rewriting.file, stored: reread.stored }
    const pages = PageSums.open(source, copy, target, options, () => {
      throw new Error('no record is incomplete')
    })
    if (pages === null) return
    const compared = { tableId: 'a.db/t', copy, target, ...options }
    for (const block of blocks) {
      const found = sumRewritten(copy, pages, reread, block)
      all += block.rows
      if (found === null) continue
      summed += found.sum.rows
      const reader = rows()
      expect(sumLeft(compared, reader, block, found)).toEqual(sumSource(compared, reader, block, () => false))
      reader.close()
    }
    pages.close()
  })
})

/** What SQLite is told to write instead. */
const faults: readonly (readonly [fault: string, from: string, to: string])[] = [
  ['another column', ', "b"', ', "a"'],
  ['a value in another spelling', ', "b"', ', upper("b")'],
  ['a value of some rows', ', "n"', ', nullif("n", 17)'],
]

/** The small database, whose statements that write rows are spoiled. */
function spoiled(rewriting: Rewriting, from: string, to: string): Rewriting {
  const prepare = (sql: string) => {
    const isWriting = sql.startsWith('insert')
    if (isWriting) expect(sql).toContain(from)
    return rewriting.db.prepare(isWriting ? sql.replace(from, to) : sql)
  }
  const db = {
    prepare,
    exec: (sql: string) => rewriting.db.exec(sql),
    pragma: (sql: string, options: { simple: boolean }) => rewriting.db.pragma(sql, options),
  }
  return { db, file: rewriting.file, pages: () => rewriting.pages() } as unknown as Rewriting
}

it.each(faults)('sums other rows than were copied where SQLite writes %s for one of both', (_, from, to) => {
  for (const key of [null, 'n'] as const) {
    const rows = Array.from({ length: 50 }, (_, row) => ({
      rowid: BigInt(row),
      a: `'a${row}'`,
      b: `'b${row}'`,
      cells: [] as [],
    }))
    const made = createRewritten({
      columns: [],
      key,
      isComputed: true,
      encoding: 'UTF-8',
      pageSize: 4096,
      rows,
      added: null,
      long: 0,
    })
    const { file, table, copy, target } = made
    const rewriting = Rewriting.open(file)!
    const block: Block = {
      tableId: table.id,
      number: 0,
      range: { after: null, through: null },
      rowsBefore: 0,
      rows: 50,
    }
    const copied = (through: Rewriting) =>
      encodeAll(made, openRewrittenReader(through, table, copy, 3000), [block], true).sum
    const summedAgain = (through: Rewriting) => {
      const reread = new RereadRows(through, 't', copy, 3000)
      const pages = PageSums.open(
        { file: rewriting.file, stored: reread.stored },
        copy,
        target,
        options,
        () => {
          throw new Error('no record is incomplete')
        },
      )!
      const { sum, left } = sumRewritten(copy, pages, reread, block)!
      pages.close()
      expect(left).toEqual([])
      return sum.toString()
    }
    const right = copied(rewriting)
    expect(summedAgain(rewriting)).toBe(right)
    expect(copied(spoiled(rewriting, from, to))).not.toBe(right)
    expect(summedAgain(spoiled(rewriting, from, to))).not.toBe(right)
    rewriting.close()
  }
})

afterAll(() => {
  expect(summed).toBeGreaterThan(all / 10)
})
