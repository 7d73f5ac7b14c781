/** Other programs' words for a moment are read alike by the encoder, the census and the independent comparison, or by none. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { iso, LONGEST_WORDS, writeIsoOfWords } from '../../../../src/engine/encode/times/worded-time.ts'
import { momentMeaning } from '../../../../src/engine/rows/meaning/compare-times.ts'
import { formBits, formsOfText } from '../../../../src/engine/source/census/text-forms.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { slowIsoOfWords } from '../../../support/slow-words.ts'

/** Null when the text is no time in words; between other bytes, which must not be read. */
function isoOfWords(text: string): string | null {
  const page = Buffer.from(`7${text}5`, 'latin1')
  const length = writeIsoOfWords(page, 1, page.length - 1)
  return length === 0 ? null : iso.toString('latin1', 0, length)
}

const said = momentMeaning({ kind: 'timestamptz', zone: 'UTC', epoch: null, form: null })
const isZoned = (text: string): boolean => {
  const bytes = Buffer.from(text)
  const forms = formsOfText(bytes, 0, bytes.length)
  return formBits.filter((_, bit) => forms > 0 && ((forms >> bit) & 1) === 1).includes('zoned-instant')
}

test.each([
  ['Mon, 01 Jan 2024 10:30:00 +0100', '2024-01-01 09:30:00+00'],
  ['Tue, 2 Jan 2024 00:00:00 GMT', '2024-01-02 00:00:00+00'],
  ['Mon Jan 01 2024 10:30:00 GMT+0100 (Central European Standard Time)', '2024-01-01 09:30:00+00'],
  ['Mon Jan 01 2024 10:30:00 GMT-0330', '2024-01-01 14:00:00+00'],
  ['Mon Jan  1 10:30:00 UTC 2024', '2024-01-01 10:30:00+00'],
  ['Mon Jan 01 10:30:00 +0200 2024', '2024-01-01 08:30:00+00'],
  ['/Date(1704105000000)/', '2024-01-01 10:30:00+00'],
  ['/Date(1704105000123+0100)/', '2024-01-01 10:30:00.123+00'],
  ['1 Jan 2024 10:30:00 +0100', '2024-01-01 09:30:00+00'],
  ['Mon, 01 Jan 2024 10:30:00 EST', '2024-01-01 15:30:00+00'],
  ['Mon, 01 Jul 2024 10:30:00 PDT', '2024-07-01 17:30:00+00'],
  ['01 Jan 2024 10:30:00 UT', '2024-01-01 10:30:00+00'],
  ['01/Jan/2024:10:30:00 +0100', '2024-01-01 09:30:00+00'],
  ['2024-01-01T10:30:00.123+01:00[Europe/Berlin]', '2024-01-01 09:30:00.123+00'],
  ['2024-01-01T10:30:00Z[Etc/UTC]', '2024-01-01 10:30:00+00'],
  ['2024-01-01 10:30:00.123456 +0100 CET m=+0.012345678', '2024-01-01 09:30:00.123456+00'],
])('%s', (text, moment) => {
  expect(isoOfWords(text)).not.toBeNull()
  expect(said(text)).toBe(moment)
  expect(isZoned(text)).toBe(true)
})

test.each([
  'Mon Jan 01 10:30:00 CET 2024',
  'Mon Jan 01 10:30:00 2024',
  'Mon, 01 Jan 2024 10:30:00 CET',
  '01/Jan/2024:10:30:00 CET',
  '01/01/2024:10:30:00 +0100',
  '2024-01-01 10:30:00 Europe/Berlin',
  '2024-01-01T10:30:00[Europe/Berlin]',
  '2024-01-01 10:30:00 EST',
  '/Date(soon)/',
  '/Date(17041050000001704105000000)/x',
])('%s says no moment', (text) => {
  expect(isoOfWords(text)).toBeNull()
  expect(said(text)).toMatch(/^\(/)
  expect(isZoned(text)).toBe(false)
})

const parts = [
  fc.constantFrom('Mon', 'Tue', 'Sun'),
  fc.constantFrom('Jan', 'Feb', 'Dec', 'Foo'),
  fc.constantFrom('01', ' 1', '5', '28', '30', '31', '32'),
  fc.constantFrom('2024', '0001', '1969', '9999'),
  fc.constantFrom('00:00:00', '23:59:59', '24:00:00', '10:61:00'),
  fc.constantFrom('GMT', 'UTC', 'UT', 'EDT', 'MST', '+0000', '-0930', '+1459', 'CET'),
] as const
const worded = fc
  .tuple(fc.tuple(...parts), fc.integer({ min: 0, max: 9 }))
  .map(
    ([[week, month, day, year, clock, zone], form]) =>
      [
        `${week}, ${day} ${month} ${year} ${clock} ${zone}`,
        `${week} ${month} ${day} ${year} ${clock} GMT${zone}`,
        `${week} ${month} ${day} ${clock} ${zone} ${year}`,
        `${day} ${month} ${year} ${clock} ${zone}`,
        `${day}/${month}/${year}:${clock} ${zone}`,
        `${week} ${month} ${day} ${year} ${clock} GMT${zone} (${month})`,
        `/Date(${(Number(year) - 1970) * 31_556_952_123}${zone})/`,
        `${year}-12-${day}T${clock}+01:00[Europe/${month}]`,
        `${year}-12-${day} ${clock}.5 ${zone} ${week.toUpperCase()} m=+0.1`,
        `${week} ${day} ${month} ${year} ${clock}`,
      ][form]!,
  )
/** The time that ISO text says; null for none. */
const read = (iso: string | null): string | null => {
  const moment = iso === null ? null : said(iso)
  return moment?.startsWith('(') === true ? null : moment
}

test('what the encoder reads is what the comparison reads', () => {
  fc.assert(
    fc.property(worded, (text) => {
      expect(read(isoOfWords(text))).toBe(read(text))
    }),
    { numRuns: propertyRuns(2000) },
  )
})

test('almost a time is read as by regular expressions, or by neither', () => {
  const almost = fc
    .tuple(worded, fc.nat(), fc.constantFrom(...' 0159:/,+-()TZJanxé\0'), fc.integer({ min: 0, max: 2 }))
    .map(([text, place, other, taken]) => {
      const at = place % (text.length + 1)
      return text.slice(0, at) + other + text.slice(at + taken)
    })
    .filter((text) => text.length >= 15 && text.length <= LONGEST_WORDS)
  fc.assert(
    fc.property(almost, (text) => {
      expect(read(isoOfWords(text))).toBe(read(slowIsoOfWords(text)))
    }),
    { numRuns: propertyRuns(8000) },
  )
})
