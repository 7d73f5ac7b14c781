/**
 * A fault in the code that copies rows, or in the one that sums them again, makes the two sums differ: each fault here is compiled into one
 * of them, and the other is as it is. Some by day, all by night.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import asc from 'assemblyscript/asc'
import { afterEach, expect, it, vi } from 'vitest'
import { ByteWriter } from '../../../src/engine/encode/cell/byte-writer.ts'
import { INTEGER } from '../../../src/engine/encode/cell/cell.ts'
import { RowEncoder } from '../../../src/engine/encode/rows/row-encoder.ts'
import type { Catalog, CatalogColumn } from '../../../src/engine/model/catalog.ts'
import type { TablePlan } from '../../../src/engine/model/plan.ts'
import type * as CompiledModules from '../../../src/engine/own-files/compiled-module.ts'
import { storedInSnapshot, type TableReader } from '../../../src/engine/source/base/reader.ts'
import { openReadOnly } from '../../../src/engine/source/base/sqlite.ts'
import type * as AddedColumn from '../../../src/engine/source/pages/added-column.ts'
import { openPageReader } from '../../../src/engine/source/pages/page-reader.ts'
import { openSqliteReader } from '../../../src/engine/source/readers/sqlite-reader.ts'
import { isNight } from '../../support/breadth.ts'
import { temporaryFile } from '../../support/folders.ts'
import { columnOf, jsonb, type Table, tableOf } from '../page-encoder/table-file.ts'

type Room = 'page-encoder' | 'page-sums'
type Fault = {
  readonly what: string
  readonly file: string
  readonly from: string
  readonly to: string
  readonly encoding?: Catalog['encoding']
}

const faults: Readonly<Record<Room, readonly Fault[]>> = {
  'page-encoder': [
    {
      what: 'microseconds dropped',
      file: 'moment-field.ts',
      from: 'second * 1000000 + <i64>micro',
      to: 'second * 1000000',
    },
    { what: 'a sign lost', file: 'numeric-field.ts', from: 'negative && !isZero', to: 'false' },
    {
      what: 'a last bit',
      file: 'number-fields.ts',
      from: 'storeInteger(to + 4, value)',
      to: 'storeInteger(to + 4, value & -2)',
    },
    { what: 'a byte of a UUID', file: 'uuid-field.ts', from: '28, 29, 30, 31', to: '28, 29, 30, 30' },
    { what: 'three bytes without a sign', file: 'record.ts', from: '<< 8) >> 8', to: '<< 8) >>> 8' },
    {
      what: 'centuries that are no leap years',
      file: 'moment-field.ts',
      from: 'century >> 2',
      to: 'century',
    },
    { what: 'bytes that are not summed', file: 'row-hash.ts', from: 'i32x4.extract_lane(rest, 2)', to: '0' },
    { what: 'the last character', file: 'string-field.ts', from: 'to + 4 + length', to: 'to + 3 + length' },
    {
      what: 'another value of an added column',
      file: 'fields.ts',
      from: 'CONSTANTS + load<i32>(entry, ADDED_AT)',
      to: 'CONSTANTS + 1 + load<i32>(entry, ADDED_AT)',
    },
    {
      what: 'a digit of a number in text',
      file: 'number-text.ts',
      from: 'rest - tenth * 10 + 0x30',
      to: 'rest - tenth * 9 + 0x30',
    },
    { what: 'a point in text', file: 'number-text.ts', from: 'if (places > 0)', to: 'if (places > 2)' },
    {
      what: 'the meaning of a word',
      file: 'boolean-field.ts',
      from: 'store<u8>(to, <u8>value, 4)',
      to: 'store<u8>(to, 1, 4)',
    },
    {
      what: 'the version of a document',
      file: 'json-field.ts',
      from: 'store<u8>(to, 1, 4)',
      to: 'store<u8>(to, 2, 4)',
    },
    {
      what: 'a byte of a document that is not read',
      file: 'json-field.ts',
      from: 'memory.copy(to + 5, at, end - at)',
      to: 'memory.copy(to + 5, at, end - at); if (isUnchanged) store<u8>(to + 7, 0x78)',
    },
    {
      what: 'a bit of a character beyond the basic plane',
      file: 'wide-text.ts',
      from: '0x10000 + ((unit',
      to: '0x30000 + ((unit',
      encoding: 'UTF-16le',
    },
    {
      what: 'a bit of a character of two bytes',
      file: 'wide-text.ts',
      from: '0x80c0 | (unit >> 6)',
      to: '0x80c2',
      encoding: 'UTF-16be',
    },
    {
      what: 'a bit of a character of three bytes',
      file: 'wide-text.ts',
      from: '0xe0 | (unit >> 12)',
      to: '0xe0 | (unit >> 13)',
      encoding: 'UTF-16le',
    },
  ],
  'page-sums': [
    {
      what: 'microseconds dropped',
      file: 'calendar.ts',
      from: 'micros += fractionAt',
      to: 'micros += 0 * fractionAt',
    },
    { what: 'a sign lost', file: 'decimals.ts', from: 'isNegative ? 0x40000000', to: 'false ? 0x40000000' },
    {
      what: 'a last bit',
      file: 'fields.ts',
      from: 'write8(to + 4, value)',
      to: 'write8(to + 4, value & -2)',
    },
    { what: 'a digit of a UUID', file: 'hex.ts', from: '(values >> 8)', to: '(values >> 16)' },
    { what: 'bytes without a sign', file: 'record.ts', from: '0) >> <i64>', to: '0) >>> <i64>' },
    { what: 'a leap day too few', file: 'calendar.ts', from: 'year / 100', to: 'year / 90' },
    { what: 'bytes that are not summed', file: 'digest.ts', from: 'third(<u32>right) ^ ', to: '' },
    {
      what: 'the last row of a page',
      file: 'leaf.ts',
      from: 'pointer < content)',
      to: 'pointer < content - 2)',
    },
    {
      what: 'another value of an added column',
      file: 'added.ts',
      from: 'load<i32>(value, 4))',
      to: 'load<i32>(value, 4) - 1)',
    },
    { what: 'a digit of a number in text', file: 'numerals.ts', from: '(rest % 10)', to: '(rest % 8)' },
    {
      what: 'a zero after a point in text',
      file: 'numerals.ts',
      from: 'memory.fill(point + 1, 0x30, count)',
      to: 'memory.fill(point + 1, 0x31, count)',
    },
    { what: 'the meaning of a word', file: 'truth.ts', from: 'isTrue ? 1 : 0', to: '1' },
    {
      what: 'the version of a document',
      file: 'fields.ts',
      from: 'JSONB_VERSION: u8 = 1',
      to: 'JSONB_VERSION: u8 = 2',
    },
    {
      what: 'the last byte of a document that is not read',
      file: 'fields.ts',
      from: 'memory.copy(to + 5, start, end - start)',
      to: 'memory.copy(to + 5, start, end - start - load<i32>(entry, SECOND_AT))',
    },
    {
      what: 'a bit of a character beyond the basic plane',
      file: 'utf16.ts',
      from: '(next - 0xdc00) + 0x10000',
      to: '(next - 0xdc00) + 0x30000',
      encoding: 'UTF-16be',
    },
    {
      what: 'a bit of the first byte of a character',
      file: 'utf16.ts',
      from: '(more + 1)) | rest',
      to: '(more + 1)) | (rest & 2)',
      encoding: 'UTF-16le',
    },
    {
      what: 'a bit of the other bytes of a character',
      file: 'utf16.ts',
      from: '0x80 | (rest & 0x3f)',
      to: '0x80 | (rest & 0x1f)',
      encoding: 'UTF-16be',
    },
  ],
}

/** The module with the fault in it, compiled in a file of its own. */
async function compile(room: Room, { file, from, to }: Fault): Promise<URL> {
  const folder = fileURLToPath(new URL(`../../../src/engine/${room}/assembly`, import.meta.url))
  let module: Uint8Array | null = null
  let isPlanted = false
  const { error, stderr } = await asc.main(
    ['index.ts', '--baseDir', folder, '--config', 'asconfig.json', '--outFile', 'module.wasm'],
    {
      readFile(name) {
        try {
          const text = readFileSync(join(folder, name), 'utf8')
          if (basename(name) !== file) return text
          isPlanted = true
          expect(text).toContain(from)
          return text.replace(from, to)
        } catch {
          return null
        }
      },
      writeFile(name, contents) {
        if (name.endsWith('.wasm')) module = contents as Uint8Array
      },
      listFiles: () => null,
    },
  )
  expect(error, stderr.toString()).toBeNull()
  expect(isPlanted, file).toBe(true)
  const path = temporaryFile()
  writeFileSync(path, module!)
  return pathToFileURL(path)
}

/** Sums of the table by the copy and by the verification, the room's module replaced by another. */
async function sums(table: Table, room: Room | null, module: URL | null): Promise<readonly [string, string]> {
  vi.resetModules()
  vi.doMock('../../../src/engine/own-files/compiled-module.ts', async (original) => {
    const own = (await original()) as typeof CompiledModules
    return {
      ...own,
      loadCompiledModule: (file: URL, imports: object) =>
        own.loadCompiledModule(
          room !== null && file.href.endsWith(`/${room}.wasm`) ? module! : file,
          imports,
        ),
    }
  })
  const { PageEncoder } = await import('../../../src/engine/page-encoder/page-encoder.ts')
  const { PageSums } = await import('../../../src/engine/page-sums/page-sums.ts')
  const { file, copy, target } = table
  const usual = { orphans: [], exact: false, unchanged: new Set(['c9']) }
  const encoder = new RowEncoder(copy, target, usual)
  const out = new ByteWriter()
  const reader = openPageReader(file, copy)
  const plain = PageEncoder.of(copy, target, usual, reader.stored!)!
  const whole = { range: { after: null, through: null }, rowsBefore: 0 }
  const reading = reader.open(whole)
  const visited: number[] = []
  const visit = (row: { readonly ordinal: number }) => void visited.push(row.ordinal)
  while (reading.advance(100, visit, (rows, from, to, at) => plain.take(rows, [from, to], at, encoder, out)));
  reader.close()
  using db = openReadOnly(file)
  const rows = (): TableReader =>
    openSqliteReader(db, { table: 't', fate: { kind: 'copy', copy } } as TablePlan, null)
  const pages = PageSums.open({ file, stored: storedInSnapshot(copy) }, copy, target, usual, rows)!
  const found = pages.sum(whole, () => {})!
  pages.close()
  // Otherwise the fault is in code that nothing here runs.
  expect([visited, found.left]).toEqual([[], []])
  return [`${encoder.sum.rows} ${encoder.sum}`, `${found.sum.rows} ${found.sum}`]
}

const everyKind = (encoding: Catalog['encoding'] = 'UTF-8'): Table =>
  tableOf(
    [
      columnOf({ kind: 'integer', bytes: 8, form: 'integer' }),
      columnOf({ kind: 'double' }),
      columnOf({ kind: 'numeric', precision: 20, scale: 8, form: 'real' }),
      columnOf({ kind: 'text', maxCharacters: null }),
      columnOf({ kind: 'uuid', form: 'lower' }),
      columnOf({ kind: 'timestamptz', zone: 'UTC', epoch: null, form: null }),
      columnOf({ kind: 'bytes' }),
      columnOf({ kind: 'boolean', form: 'integer' }),
      columnOf(jsonb),
      columnOf(jsonb),
      columnOf({ kind: 'text', maxCharacters: null }),
      columnOf({ kind: 'boolean', form: 'true' }),
      columnOf({ kind: 'text', maxCharacters: null }),
    ],
    true,
    4096,
    [1n, -77n, 30001n, -70000n, 2n ** 40n + 1n, -(2n ** 62n) - 1n].map((integer, row) => [
      integer,
      0.1 + row,
      -1.5 - row,
      row === 5 ? null : `plain text ${row}`,
      `0123abcd-4567-89ef-0123-456789abcde${row}`,
      `${1999 + row * 50}-03-0${row + 1} 12:00:00.12345${row}`,
      Buffer.from([row, 0xff, 0]),
      row % 2 === 0 ? 1n : 0n,
      `{"a": ${row}, "bb": [1.50, "x"]}`,
      `{"a": ${row}, "bb": [2.50, "y"]}`,
      row % 2 === 0 ? 98n + BigInt(row) : row / 20,
      row % 2 === 0 ? 'true' : 'no',
      `naïve 日本 ${'x'.repeat(row * 3)} 🙂`,
    ]),
    [
      {
        column: columnOf({ kind: 'integer', bytes: 8, form: 'integer' }, 'integer default -70000'),
        at: 4,
      },
      { column: columnOf({ kind: 'bytes' }, "default x'00ff41'"), at: 5 },
    ],
    encoding,
  )

afterEach(() => {
  vi.doUnmock('../../../src/engine/own-files/compiled-module.ts')
  vi.doUnmock('../../../src/engine/source/pages/added-column.ts')
  vi.resetModules()
})

it.each(['UTF-8', 'UTF-16le', 'UTF-16be'] as const)('sums %s alike without a fault', async (encoding) => {
  const [copied, proven] = await sums(everyKind(encoding), null, null)
  expect(proven).toBe(copied)
  expect(copied).toMatch(/^6 /)
})

it('finds a default that the copy reads wrongly', async () => {
  vi.doMock('../../../src/engine/source/pages/added-column.ts', async (original) => {
    const { addedColumnValue } = (await original()) as typeof AddedColumn
    return {
      addedColumnValue(column: CatalogColumn) {
        const cell = addedColumnValue(column)
        if (cell?.storage === INTEGER) cell.setInteger(cell.number + 1)
        return cell
      },
    }
  })
  const [copied, proven] = await sums(everyKind(), null, null)
  expect(proven).not.toBe(copied)
})

const planted = Object.entries(faults).flatMap(([room, own]) =>
  (isNight ? own : own.slice(0, 1)).map((fault) => [room as Room, fault.what, fault] as const),
)

it.each(planted)('%s: finds %s', async (room, _, fault) => {
  const table = everyKind(fault.encoding)
  const [copied, proven] = await sums(table, room, await compile(room, fault))
  expect(proven).not.toBe(copied)
})
