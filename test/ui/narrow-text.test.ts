/** Narrow text against the libraries that handle any text. */
import cliTruncate from 'cli-truncate'
import fc from 'fast-check'
import stringWidth from 'string-width'
import { expect, it } from 'vitest'
import wrapAnsi from 'wrap-ansi'
import { cutNarrow, isNarrow, wrapNarrow } from '../../src/ui/narrow-text.ts'
import { anyCharacter } from '../support/any-character.ts'
import { propertyRuns } from '../support/breadth.ts'

const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(isNarrow)
const anyNarrow = fc.constantFrom(...all)
/** Mostly words, as texts are. */
const narrowText = fc.string({
  unit: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...'abcde/.-') },
    fc.constantFrom(' ', ' ', ' ', '\u00a0'),
    anyNarrow,
  ),
  maxLength: 60,
})
const numRuns = propertyRuns(20_000)

it('a narrow character is one cell, and stays what it is', () => {
  expect(all.length).toBeGreaterThan(700)
  for (const one of all) {
    expect([one, stringWidth(one)]).toEqual([one, 1])
    expect(one.normalize()).toBe(one)
  }
})

it('the width of a narrow text is its length', () => {
  fc.assert(
    fc.property(fc.array(anyNarrow, { maxLength: 20 }), (characters) => {
      const text = characters.join('')
      expect(stringWidth(text)).toBe(text.length)
    }),
    { numRuns },
  )
})

it.each([
  '\u0000',
  '\t',
  '\n',
  '\u001b',
  '\u007f',
  '\u009b',
  '\u00ad',
  '\u200b',
  'e\u0301',
  '1\ufe0f\u20e3',
  '日',
  '🙂',
])('%j is not narrow', (text) => {
  expect(isNarrow(text)).toBe(false)
  expect(isNarrow(`a${text}b`)).toBe(false)
})

it('no text with a wide or an invisible character is narrow', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(anyCharacter, anyNarrow), { maxLength: 5 }), (characters) => {
      const text = characters.join('')
      if (isNarrow(text)) expect(stringWidth(text)).toBe(text.length)
    }),
    { numRuns },
  )
})

it('narrow texts are cut as cli-truncate cuts them', () => {
  const position = fc.constantFrom('end' as const, 'middle' as const)
  const more = fc.constantFrom('…', '...', '>', '')
  fc.assert(
    fc.property(narrowText, fc.integer({ min: 1, max: 60 }), position, more, (text, room, at, mark) => {
      fc.pre(room < text.length && mark.length < room && room > 1)
      const cut = cliTruncate(text, room, { position: at, truncationCharacter: mark })
      expect(cutNarrow(text, room, at, mark)).toBe(cut)
    }),
    { numRuns },
  )
})

it('narrow texts are wrapped as wrap-ansi wraps them', () => {
  let wrapped = 0
  fc.assert(
    fc.property(narrowText, fc.integer({ min: 1, max: 60 }), fc.boolean(), (text, room, hard) => {
      const lines = wrapNarrow(text, room, hard)
      if (lines === null) return
      wrapped++
      expect(lines).toEqual(wrapAnsi(text, room, { hard }).split('\n'))
    }),
    { numRuns },
  )
  expect(wrapped).toBeGreaterThan(numRuns / 10)
})
