import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readDateDigits, readDateNumber } from '../../../../src/engine/encode/times/date-digits.ts'
import { Instant } from '../../../../src/engine/encode/times/instant.ts'
import { epochUnits, isDigitsUnit } from '../../../../src/engine/model/conversion.ts'
import { propertyRuns } from '../../../support/breadth.ts'

/** Seconds since 2000-01-01 by JavaScript's calendar; null when the digits are no time. */
function slowSecond(digits: string, length: number): number | null {
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)?(\d\d)?(\d\d)?$/.exec(digits)
  if (found === null || digits.length !== length || found[1] === '0000') return null
  const iso = `${found[1]}-${found[2]}-${found[3]}T${found[4] ?? '00'}:${found[5] ?? '00'}:${found[6] ?? '00'}Z`
  const moment = new Date(iso)
  const isThere = !Number.isNaN(moment.getTime()) && moment.toISOString() === iso.replace('Z', '.000Z')
  return isThere ? (moment.getTime() - Date.UTC(2000, 0, 1)) / 1000 : null
}

const digits = fc
  .tuple(
    fc.constantFrom('0000', '0001', '0999', '1900', '2023', '2024', '9999', '10000', '999'),
    ...[
      ['00', '01', '02', '12', '13'],
      ['00', '01', '28', '29', '30', '31', '32'],
      ['', '00', '23', '24'],
      ['', '00', '59', '60'],
      ['', '00', '59', '60', '5', 'x'],
    ].map((values) => fc.constantFrom(...values)),
  )
  .map((parts) => parts.join(''))

test('digits of a date are read as JavaScript reads its parts, as text and as a number', () => {
  fc.assert(
    fc.property(digits, fc.constantFrom(...epochUnits.filter(isDigitsUnit)), (text, unit) => {
      const instant = new Instant()
      const second = slowSecond(text, unit.length)
      expect(readDateDigits(text, unit, instant) ? instant.second : null).toBe(second)
      const number = Number(text)
      if (Number.isNaN(number)) return
      const asNumber = slowSecond(String(number), unit.length)
      expect(readDateNumber(number, unit, instant) ? instant.second : null).toBe(asNumber)
      expect(readDateNumber(-number, unit, instant)).toBe(false)
    }),
    { numRuns: propertyRuns(4000) },
  )
})
