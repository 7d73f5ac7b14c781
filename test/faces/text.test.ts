import fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { alignColumns } from '../../src/faces/table-text.ts'
import {
  formatBytes,
  formatClock,
  formatCounted,
  formatDuration,
  formatRate,
  printable,
} from '../../src/ui/format.ts'
import { cutEnd, wrapHanging, wrapWords } from '../../src/ui/text.ts'
import { anyCharacter } from '../support/any-character.ts'

describe('printable', () => {
  it.each([
    ['escape-code: clear the screen', '\u001b[2J', '\\u001b[2J'],
    ['escape-code: one character', '\u009b31m', '\\u009b31m'],
    ['escape-code: title and bell', '\u001b]0;x\u0007', '\\u001b]0;x\\u0007'],
    ['line feed and carriage return', 'a\r\nb', 'a\\u000d\\u000ab'],
    ['bidi: override', 'a\u202egnp.exe', 'a\\u202egnp.exe'],
    ['bidi: isolates', '\u2066x\u2069', '\\u2066x\\u2069'],
    ['bidi: Arabic letter mark', '\u061c', '\\u061c'],
    ['invisible: zero width', 'a\u200bb\ufeff', 'a\\u200bb\\ufeff'],
    ['invisible: word joiner, soft hyphen', '\u2060\u00ad', '\\u2060\\u00ad'],
    ['invisible: tag characters', '\u{e0041}', '\\u{e0041}'],
    ['line separators', '\u2028\u2029', '\\u2028\\u2029'],
    ['half of a pair', 'a\ud800b', 'a\\ud800b'],
    ['nul', 'a\0b', 'a\\u0000b'],
  ])('%s', (_, text, shown) => {
    expect(printable(text)).toBe(shown)
  })

  it.each(['plain', 'Größe', '日本語', 'مرحبا', '🙂', 'a b', '"quotes" & <tags>'])('leaves %s', (text) => {
    expect(printable(text)).toBe(text)
  })

  it('gives nothing that a terminal would obey, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
      }),
    )
  })
})

describe('tables of text', () => {
  it('align by what a terminal shows, not by the length of the string', () => {
    expect(
      alignColumns([
        ['名前', '1'],
        ['name', '20'],
      ]),
    ).toEqual(['名前   1', 'name  20'])
  })

  it('cut between characters', () => {
    expect(cutEnd('abcdef', 4)).toBe('abc…')
    expect(cutEnd('日本語', 4)).toBe('日…')
    expect(cutEnd('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…')
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, columns) => {
        expect(stringWidth(cutEnd(text, columns))).toBeLessThanOrEqual(columns)
      }),
    )
  })

  it('wrap without losing or breaking a word', () => {
    const words = fc.array(fc.stringMatching(/^[\w./:-]{1,40}$/), { maxLength: 12 })
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 30 }), (given, width) => {
        expect(wrapWords(given.join(' '), width).join(' ')).toBe(given.join(' '))
      }),
    )
    expect(wrapHanging('  one two three', 9)).toEqual(['  one', '    two', '    three'])
  })
})

describe('numbers', () => {
  it.each([
    [0, '0 ms'],
    [12, '12 ms'],
    [99, '99 ms'],
    [100, '0.1 s'],
    [9940, '9.9 s'],
    [9960, '10 s'],
    [59_499, '59 s'],
    [59_500, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [3_599_600, '1 h 00 min'],
    [7_380_000, '2 h 03 min'],
  ])('%d ms is %s', (ms, shown) => {
    expect(formatDuration(ms)).toBe(shown)
  })

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KB'],
    [999_600, '1.0 MB'],
    [188_000_000, '188 MB'],
  ])('%d bytes are %s', (bytes, shown) => {
    expect(formatBytes(bytes)).toBe(shown)
  })

  it('rates, counts and clocks', () => {
    expect(formatRate(909_123)).toBe('909,000/s')
    expect(formatRate(null)).toBe('')
    expect(formatRate(0.4)).toBe('0/s')
    expect(formatCounted(1, 'row')).toBe('1 row')
    expect(formatCounted(2000, 'row')).toBe('2,000 rows')
    expect(formatClock(3_725_000)).toBe('1:02:05')
  })
})
