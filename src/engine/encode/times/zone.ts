/**
 * Offsets of an IANA time zone, from the time zone data in Node's ICU. Invariant: Intl is asked at most once for each end of a UTC day and,
 * on days with a transition, during a binary search for its second. Seconds count from 2000-01-01.
 */
import { MigrateError } from '../../model/errors.ts'
import { SECONDS_A_DAY, UNIX_SECONDS_AT_EPOCH } from './civil.ts'

export type Zone = {
  /** The seconds by which local time is ahead of UTC at a UTC second. */
  offsetAt(utcSecond: number): number
  /** The UTC second of a local second: the earlier one if the local time occurred twice, NaN if it did not occur. */
  utcOf(localSecond: number): number
  /** Whether the local time occurred twice. */
  isAmbiguous(localSecond: number): boolean
}

const UTC: Zone = {
  offsetAt: () => 0,
  utcOf: (localSecond) => localSecond,
  isAmbiguous: () => false,
}

const utcNames = new Set([
  'utc',
  'etc/utc',
  'etc/uct',
  'uct',
  'zulu',
  'etc/zulu',
  'universal',
  'gmt',
  'etc/gmt',
])
/** The most days cached, some 270 years. */
const MAX_DAYS = 100_000
const zones = new Map<string, Zone>()

/** The zone of an IANA name; throws a plan error for an unknown one. */
export function isUtc(name: string): boolean {
  return utcNames.has(name.toLowerCase())
}

export function zoneOf(name: string): Zone {
  const known = zones.get(name)
  if (known !== undefined) return known
  const zone = isUtc(name) ? UTC : new NamedZone(name)
  zones.set(name, zone)
  return zone
}

class NamedZone implements Zone {
  readonly #format: Intl.DateTimeFormat
  /** By UTC day: the offset at its first second, from Intl. */
  readonly #offsets = new Map<number, number>()
  /** By UTC day with a transition: the first second of the new offset. */
  readonly #transitions = new Map<number, number>()
  /** By local day: its offset, or NaN when it has several. */
  readonly #localDays = new Map<number, number>()
  #lastDay = Number.NaN
  #lastOffset = 0
  #lastLocalDay = Number.NaN
  #lastLocalOffset = Number.NaN

  constructor(name: string) {
    try {
      this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
    } catch (cause) {
      throw new MigrateError('plan', 'unknown-time-zone', `There is no time zone named "${name}".`, {
        hint: 'Give an IANA name, such as UTC or Europe/Berlin.',
        cause,
      })
    }
  }

  offsetAt(utcSecond: number): number {
    const day = Math.floor(utcSecond / SECONDS_A_DAY)
    if (day === this.#lastDay) return this.#lastOffset
    const before = this.#offsetOfDay(day)
    const after = this.#offsetOfDay(day + 1)
    if (before !== after) return utcSecond < this.#transitionOn(day, before) ? before : after
    this.#lastDay = day
    this.#lastOffset = before
    return before
  }

  utcOf(localSecond: number): number {
    const day = Math.floor(localSecond / SECONDS_A_DAY)
    if (day !== this.#lastLocalDay) {
      this.#lastLocalDay = day
      this.#lastLocalOffset = this.#offsetOfLocalDay(day)
    }
    if (!Number.isNaN(this.#lastLocalOffset)) return localSecond - this.#lastLocalOffset
    return this.#candidates(localSecond)[0] ?? Number.NaN
  }

  isAmbiguous(localSecond: number): boolean {
    this.utcOf(localSecond)
    return Number.isNaN(this.#lastLocalOffset) && this.#candidates(localSecond).length > 1
  }

  /** The UTC seconds of a local second, in order. */
  #candidates(localSecond: number): number[] {
    const found = new Set<number>()
    // No zone is more than 16 hours from UTC, so these days contain every UTC second with this local time.
    const day = Math.floor(localSecond / SECONDS_A_DAY)
    for (let near = day - 1; near <= day + 2; near++) {
      const second = localSecond - this.#offsetOfDay(near)
      if (second + this.offsetAt(second) === localSecond) found.add(second)
    }
    return [...found].sort((a, b) => a - b)
  }

  #offsetOfLocalDay(day: number): number {
    const known = this.#localDays.get(day)
    if (known !== undefined) return known
    const offset = this.#offsetOfDay(day - 1)
    const constant = [day, day + 1, day + 2].every((near) => this.#offsetOfDay(near) === offset)
    const result = constant ? offset : Number.NaN
    if (this.#localDays.size > MAX_DAYS) this.#localDays.clear()
    this.#localDays.set(day, result)
    return result
  }

  #offsetOfDay(day: number): number {
    let offset = this.#offsets.get(day)
    if (offset === undefined) {
      if (this.#offsets.size > MAX_DAYS) this.#offsets.clear()
      offset = this.#ask(day * SECONDS_A_DAY)
      this.#offsets.set(day, offset)
    }
    return offset
  }

  /** The first second of the day's new offset. */
  #transitionOn(day: number, before: number): number {
    const known = this.#transitions.get(day)
    if (known !== undefined) return known
    let old = day * SECONDS_A_DAY
    let changed = old + SECONDS_A_DAY
    while (changed - old > 1) {
      const middle = Math.floor((old + changed) / 2)
      if (this.#ask(middle) === before) old = middle
      else changed = middle
    }
    this.#transitions.set(day, changed)
    return changed
  }

  /** Intl prints `1/31/1930, GMT-04:56:02`, and `GMT` or `GMT+00:00` for zero. */
  #ask(utcSecond: number): number {
    const text = this.#format.format((utcSecond + UNIX_SECONDS_AT_EPOCH) * 1000)
    const found = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text)
    if (found === null) throw new Error(`Intl returned an offset of an unknown form: ${text}`)
    const [, sign, hours = '0', minutes = '0', seconds = '0'] = found
    const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
    return sign === '-' ? -offset : offset
  }
}
