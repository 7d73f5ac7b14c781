import fc from 'fast-check'
import { anyCharacter } from '../../../support/any-character.ts'

/** Values and rowids where a reader of SQLite's format goes wrong, for `insert … values (?)`. */
export type Value = null | bigint | number | string | Buffer | { readonly invalidText: Buffer }

/** The ends of every serial type's integers, the edge of exact doubles, and one beside each. */
const edges = [7n, 8n, 15n, 23n, 31n, 32n, 47n, 53n, 63n].flatMap((bits) => {
  const edge = 1n << bits
  return [edge - 2n, edge - 1n, edge, edge + 1n, -edge - 1n, -edge, -edge + 1n]
})
const int64 = (value: bigint) => BigInt.asIntN(64, value) === value

export const integers: fc.Arbitrary<bigint> = fc.oneof(
  fc.constantFrom(0n, 1n, -1n, ...edges.filter(int64)),
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  fc.bigInt({ min: -300n, max: 70000n }),
)

/** Sizes about the places where a payload begins to overflow, and where it fills its last overflow page. */
function sizes(pageSize: number): fc.Arbitrary<number> {
  return fc
    .tuple(fc.constantFrom(0, 1, 2, 3, 7), fc.integer({ min: -60, max: 60 }))
    .map(([pages, more]) => Math.max(0, pages * (pageSize - 4) + more))
}

export function values(pageSize: number): fc.Arbitrary<Value> {
  const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))
  const long = sizes(pageSize).map((size) => Buffer.alloc(size, 'long value '))
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 4, arbitrary: integers },
    { weight: 2, arbitrary: fc.double({ noNaN: true }) },
    { weight: 2, arbitrary: fc.integer({ min: -(2 ** 31), max: 2 ** 31 }).map(Number) },
    { weight: 3, arbitrary: fc.string({ unit: anyCharacter, maxLength: 80 }) },
    { weight: 2, arbitrary: bytes },
    { weight: 1, arbitrary: bytes.map((invalidText) => ({ invalidText })) },
    { weight: 1, arbitrary: long },
    { weight: 1, arbitrary: long.map((text) => text.toString('latin1')) },
  )
}
