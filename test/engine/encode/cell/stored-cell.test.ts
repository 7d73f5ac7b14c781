import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Cell } from '../../../../src/engine/encode/cell/cell.ts'
import {
  fillFromStored,
  storedCellOf,
  storedCellOfValue,
  valueOfStoredCell,
} from '../../../../src/engine/encode/cell/stored-cell.ts'
import { anyCharacter } from '../../../support/any-character.ts'
import { propertyRuns } from '../../../support/breadth.ts'

const anyBytes = fc.oneof(
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: anyCharacter }).map((text) => Buffer.from(text)),
  fc.constantFrom(
    Buffer.from('a\0b'),
    Buffer.from([0xff]),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from('\uFFFD'),
  ),
)

function anyCell(): fc.Arbitrary<Cell> {
  return fc.oneof(
    fc.constant(make((cell) => cell.setNull())),
    fc
      .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
      .map((value) => make((cell) => cell.setBigInteger(value))),
    fc
      .constantFrom(2n ** 53n, 2n ** 53n + 1n, -(2n ** 63n))
      .map((value) => make((cell) => cell.setBigInteger(value))),
    fc.double({ noNaN: true }).map((value) => make((cell) => cell.setReal(value))),
    fc.constantFrom(-0, Infinity, -Infinity, 5e-324).map((value) => make((cell) => cell.setReal(value))),
    anyBytes.map((bytes) => make((cell) => cell.setText(Buffer.concat([bytes, bytes]), 0, bytes.length))),
    anyBytes.map((bytes) => make((cell) => cell.setBlob(Buffer.concat([bytes, bytes]), 0, bytes.length))),
  )
}

function make(fill: (cell: Cell) => void): Cell {
  const cell = new Cell()
  fill(cell)
  return cell
}

function same(a: Cell, b: Cell): void {
  expect(b.storage).toBe(a.storage)
  if (a.storage === 1) expect(b.integer()).toBe(a.integer())
  if (a.storage === 2) expect(b.number).toBe(a.number)
  if (a.storage >= 3) {
    expect(b.buffer.subarray(b.start, b.end).equals(a.buffer.subarray(a.start, a.end))).toBe(true)
  }
}

test('a stored cell, through JSON, gives back the very cell: -0, infinity, 2^63, NUL, broken UTF-8', () => {
  fc.assert(
    fc.property(anyCell(), (cell) => {
      const stored = storedCellOf(cell)
      const back = new Cell()
      fillFromStored(back, JSON.parse(JSON.stringify(stored)))
      same(cell, back)
      const value = valueOfStoredCell(stored)
      expect(storedCellOfValue(value)).toEqual(stored)
    }),
    { numRuns: propertyRuns(2000) },
  )
})

test('jsonb never gets U+0000, and text that is UTF-8 stays readable', () => {
  expect(storedCellOfValue('a\0b')).toEqual({ textBase64: 'YQBi' })
  expect(storedCellOfValue('é')).toEqual({ text: 'é' })
  expect(storedCellOfValue(-0)).toEqual({ real: '-0' })
  expect(storedCellOfValue(5)).toEqual({ real: '5' })
  expect(storedCellOfValue(5n)).toEqual({ integer: '5' })
})
