/** Amounts as people write them: the number that was meant, where the column says so, or the text. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { amountDecimal, writeDecimalOfAmount } from '../../src/engine/encode/numbers/written-amount.ts'
import { numericMeaning } from '../../src/engine/rows/meaning/compare-numbers.ts'
import { expectMoved, type MovedColumn } from '../support/moved-columns.ts'

const cases: Readonly<Record<string, MovedColumn>> = {
  point: [
    'decimal(10,2)',
    "('$1,234.56'), ('$5'), ('-$0.50'), ('1,000,000')",
    'numeric',
    '1234.56|5|-0.50|1000000',
  ],
  comma: ['numeric', "('1.234,56 €'), ('5,5 €'), ('-3 €')", 'numeric', '1234.56|5.5|-3'],
  groups: ['integer', "('1,234,567'), ('1,234')", 'numeric', '1234567|1234'],
  beside_numbers: ['real', "('£2.50'), (3.5)", 'numeric', '2.50|3.5'],
  either: ['decimal', "('1,234'), ('5,678')", 'text', '1,234|5,678'],
  both: ['decimal', "('1,234.56'), ('1.234,56')", 'text', '1,234.56|1.234,56'],
  currencies: ['decimal', "('$1'), ('1 €')", 'text', '$1|1 €'],
  no_amount: ['decimal', "('$1'), ('n/a')", 'text', '$1|n/a'],
  short_group: ['decimal', "('$1,23.00')", 'text', '$1,23.00'],
  declared_text: ['text', "('$1.50')", 'text', '$1.50'],
}

it('an amount becomes the number that it means, or stays the text that it is', () =>
  expectMoved(cases, { constraint: 'check (v > 0 or v is not null)' }))

it('what the encoder reads is what the comparison reads (property)', () => {
  const piece = fc.constantFrom(
    '',
    '-',
    '$',
    '€',
    '₹',
    '£',
    ' ',
    '1',
    '12',
    '123',
    '1234',
    ',',
    '.',
    ',5',
    '.50',
    ',123',
    '.123',
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 7 }),
      fc.constantFrom('.' as const, ',' as const),
      (pieces, point) => {
        const text = pieces.join('')
        const plain = numericMeaning({ kind: 'numeric', precision: null, scale: null, form: 'text' })
        const own = numericMeaning({ kind: 'numeric', precision: null, scale: null, form: 'text', point })(
          text,
        )!
        // Bytes of other cells stand beside it.
        const page = Buffer.from(`-${text}5$`)
        const length = writeDecimalOfAmount(page, 1, page.length - 2, point)
        const amount = length === 0 ? null : amountDecimal.toString('latin1', 0, length)
        expect(own.startsWith('(') ? null : own).toBe(amount === null ? null : plain(amount))
      },
    ),
    { numRuns: 5000 },
  )
})
