/** Which pieces of work go to a worker together, whatever waits. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { takeTogether } from '../../../src/engine/workers/take-together.ts'

const piece = fc.oneof(fc.nat(2_000), fc.nat(2 << 18), fc.constant(Number.POSITIVE_INFINITY))

it('takes what is small together, in its order, and leaves the rest', () => {
  fc.assert(
    fc.property(piece, fc.array(piece, { maxLength: 120 }), (first, waiting) => {
      const left = [...waiting]
      const taken = takeTogether(first, left, (bytes) => bytes)
      expect([...taken, ...left]).toEqual([first, ...waiting])
      const bytes = taken.reduce((sum, one) => sum + one, 0)
      expect(taken.length === 1 || bytes <= 1 << 18).toBe(true)
      expect(taken.length).toBeLessThanOrEqual(50)
      // No more could have gone with it.
      expect(taken.length === 50 || left.length === 0 || bytes + left[0]! > 1 << 18).toBe(true)
    }),
  )
})
