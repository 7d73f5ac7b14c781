import fc from 'fast-check'
import { expect, test } from 'vitest'
import { zoneOf } from '../../../../src/engine/encode/times/zone.ts'
import { propertyRuns } from '../../../support/breadth.ts'

const EPOCH_MS = Date.UTC(2000, 0, 1)
const HOUR = 3600

/** Wall-clock second of a UTC second, from the clock's fields as Intl shows them. */
function slowWall(format: Intl.DateTimeFormat, utcSecond: number): number {
  const parts = Object.fromEntries(
    format.formatToParts(EPOCH_MS + utcSecond * 1000).map(({ type, value }) => [type, Number(value)]),
  )
  const ms = Date.UTC(2000, parts.month! - 1, parts.day!, parts.hour!, parts.minute!, parts.second!)
  return Math.round((new Date(ms).setUTCFullYear(parts.year!) - EPOCH_MS) / 1000)
}

function slowFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
}

const zoneNames = [
  'America/New_York',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Africa/Casablanca',
  'Pacific/Apia',
  'Europe/Amsterdam',
  'Etc/UTC',
]
const at = (text: string) => (Date.parse(`${text}Z`) - EPOCH_MS) / 1000
const anchors = [
  ...['2024-03-10T07:00', '2024-11-03T06:00', '2024-03-31T01:00', '2024-10-27T01:00', '2018-11-04T03:00'],
  ...['2018-02-18T02:00', '2011-12-30T10:00', '2024-04-06T15:00', '2024-10-05T15:30', '2024-03-10T02:00'],
  ...['1937-06-30T23:40', '1940-05-15T23:40', '1883-11-18T17:00', '1970-01-01T00:00'],
].map(at)
const seconds = fc.oneof(
  fc
    .tuple(fc.constantFrom(...anchors), fc.integer({ min: -30 * HOUR, max: 30 * HOUR }))
    .map(([a, b]) => a + b),
  fc.tuple(fc.constantFrom(...anchors), fc.integer({ min: -2, max: 2 })).map(([a, b]) => a + b * HOUR),
  fc.integer({ min: at('1850-01-01T00:00'), max: at('2090-01-01T00:00') }),
)

for (const name of zoneNames) {
  test(`daylight-saving: ${name} agrees with a slow search`, () => {
    const zone = zoneOf(name)
    const format = slowFormat(name)
    fc.assert(
      fc.property(seconds, (second) => {
        expect(second + zone.offsetAt(second)).toBe(slowWall(format, second))
        const found = new Set<number>()
        for (let hours = -30; hours <= 30; hours += 3) {
          const near = second + hours * HOUR
          const candidate = second - (slowWall(format, near) - near)
          if (slowWall(format, candidate) === second) found.add(candidate)
        }
        const instants = [...found].sort((a, b) => a - b)
        expect(zone.utcOf(second)).toBe(instants[0] ?? Number.NaN)
        expect(zone.isAmbiguous(second)).toBe(instants.length > 1)
      }),
      { numRuns: propertyRuns(150) },
    )
  })
}

test('unknown-time-zone: is an error of the plan that names it', () => {
  expect(() => zoneOf('Mars/Olympus')).toThrow('There is no time zone named "Mars/Olympus".')
})
