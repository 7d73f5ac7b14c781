/** Long JSON that is lent as bytes is the text that a short one becomes. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isOwnText, readJsonCell } from '../../../../src/engine/encode/json/json-cell.ts'
import { REFUSED_BY_JSONB } from '../../../../src/engine/encode/json/json-text.ts'

const standIns = ['{"$blob": "AA=="}', '{"$text": "/w=="}', '{"$real": "Infinity"}', '{"$real": 1}']
const anyJson = fc.oneof(
  fc.json(),
  fc.constantFrom(...standIns, ...standIns.map((text) => `[${text}]`), '{}', '[]', '"[]"', '1', ' {}'),
)

it('only where it begins as no other cell does', () => {
  let lent = 0
  fc.assert(
    fc.property(anyJson, fc.constantFrom(null, REFUSED_BY_JSONB), fc.nat(2), (text, refused, start) => {
      const bytes = Buffer.from(`${' '.repeat(start)}${text}`)
      if (!isOwnText(bytes, start)) return
      lent++
      expect(readJsonCell(bytes, start, bytes.length, refused)).toBe(text)
    }),
  )
  expect(lent).toBeGreaterThan(20)
  expect(standIns.map((text) => isOwnText(Buffer.from(text), 0))).toEqual([false, false, false, false])
})
