/** Dates with the year at the end are read alike by the encoder, the question that decides their order, and the independent comparison. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { readOrderedDate } from '../../../../src/engine/encode/times/ordered-date.ts'
import { READ, TimeText, wallSecondOf } from '../../../../src/engine/encode/times/time-text.ts'
import { noValues } from '../../../../src/engine/model/census.ts'
import type { DateOrder } from '../../../../src/engine/model/conversion.ts'
import { orderOfDates } from '../../../../src/engine/plan/evidence/date-order.ts'
import { evidenceAt } from '../../../../src/engine/plan/evidence/questions.ts'
import { momentMeaning } from '../../../../src/engine/rows/meaning/compare-times.ts'
import { openQueries } from '../../../mappings/support/plan-of.ts'
import { propertyRuns } from '../../../support/breadth.ts'

const folder = mkdtempSync(join(tmpdir(), 'ordered-'))
afterAll(() => rmSync(folder, { recursive: true }))

const orders: readonly DateOrder[] = ['day-first', 'month-first']
const spelledDate = fc
  .tuple(
    fc.constantFrom('0', '1', '01', '9', '12', '13', '28', '29', '30', '31', '32', '', '123', ' 1'),
    fc.constantFrom('/', '.', '-', ' ', '/'),
    fc.constantFrom('0', '2', '02', '12', '13', '31', '', 'x'),
    fc.constantFrom('/', '.', '-', '/', '/'),
    fc.constantFrom('0000', '0001', '1900', '2023', '2024', '9999', '24', '20245'),
  )
  .map((parts) => parts.join(''))
const spelledClock = fc.constantFrom(
  '',
  ' ',
  ' 00:00',
  ' 10:30:59',
  ' 24:00',
  ' 10:60',
  ' 1:30',
  ' 10:30:59.5',
  ' 10:30Z',
  'T10:30',
  ' 10:30 ',
)
const spelled = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(spelledDate, spelledClock).map(([date, clock]) => date + clock) },
  fc.string({ maxLength: 12 }),
)

const meanings = Object.fromEntries(
  orders.map((order) => [
    order,
    momentMeaning({ kind: 'timestamp', zone: 'UTC', epoch: null, form: null, order }),
  ]),
)
const EPOCH_MS = Date.UTC(2000, 0, 1)

/** The time as PostgreSQL prints it; null when the text is refused. */
function readAs(text: string, order: DateOrder): string | null {
  const found = new TimeText()
  const page = Buffer.from(`7${text}5`)
  if (readOrderedDate(page, 1, page.length - 1, order, found) !== READ) return null
  const printed = new Date(EPOCH_MS + wallSecondOf(found) * 1000).toISOString()
  return printed.slice(0, 19).replace('T', ' ')
}

/** The same by the comparison's own reader, which knows other forms, too. */
function meantAs(text: string, order: DateOrder): string | null {
  const meant = meanings[order]!(text)
  return meant === null || meant.startsWith('(') || !/^\d\d?[./-]/.test(text) ? null : meant
}

test('the encoder reads what the comparison reads', () => {
  fc.assert(
    fc.property(spelled, fc.constantFrom(...orders), (text, order) => {
      expect(readAs(text, order)).toBe(meantAs(text, order))
    }),
    { numRuns: propertyRuns(3000) },
  )
})

test('the order of a column is decided as from all its texts, one by one', () => {
  const queries = openQueries(folder)
  let files = 0
  const valid = spelled.filter((text) => orders.some((order) => readAs(text, order) !== null))
  fc.assert(
    fc.property(
      fc.array(valid, { minLength: 1, maxLength: 5 }),
      fc.option(spelled, { freq: 4 }),
      (dates, other) => {
        const texts = other === null ? dates : [...dates, other]
        const database = `${files++}.db`
        const db = new Database(join(folder, database))
        // Names that the question itself uses.
        db.exec('create table written (blank_at text)')
        for (const text of texts) db.prepare('insert into written values (?), (?)').run(text, null)
        db.close()
        const source = evidenceAt(queries, { database, table: 'written', sql: '"blank_at"' })
        const count = (order: DateOrder): number =>
          texts.filter((text) => readAs(text, order) !== null).length
        const [dayFirst, monthFirst, all] = [count('day-first'), count('month-first'), texts.length]
        const order = dayFirst === all ? (monthFirst === all ? 'open' : 'day-first') : 'month-first'
        const isDecided = dayFirst === all || monthFirst === all
        const hasClock = texts.some((text) => text.includes(' '))
        const deciding = order === 'open' ? 0 : all - (order === 'day-first' ? monthFirst : dayFirst)
        expect(orderOfDates(source, { ...noValues, texts: all }, '01/01/2024')).toEqual(
          isDecided ? { order, deciding, hasClock } : null,
        )
      },
    ),
    { numRuns: propertyRuns(100) },
  )
})
