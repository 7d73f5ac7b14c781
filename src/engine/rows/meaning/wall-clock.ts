/**
 * Local time in a zone, according to Intl. Invariant: an offset is assumed for a whole quarter of an hour only when both of its ends have it;
 * otherwise it is looked up for the second.
 */
const A_SECOND = 1_000_000n
const STRETCH = 900
/** Seconds around a local time, taken as UTC, at which to look up offsets: no zone is further from UTC. */
const AROUND = [-86_400, -43_200, 0, 43_200, 86_400]

const clocks = new Map<string, WallClock>()

export class WallClock {
  readonly #format: Intl.DateTimeFormat | null
  readonly #asked = new Map<number, number>()

  private constructor(zone: string) {
    const isUtc = /^(?:utc|etc\/utc|gmt|etc\/gmt|zulu)$/i.test(zone)
    this.#format = isUtc
      ? null
      : new Intl.DateTimeFormat('en-US', {
          timeZone: zone,
          hourCycle: 'h23',
          era: 'short',
          year: 'numeric',
          month: 'numeric',
          day: 'numeric',
          hour: 'numeric',
          minute: 'numeric',
          second: 'numeric',
        })
  }

  static of(zone: string): WallClock {
    const known = clocks.get(zone)
    if (known !== undefined) return known
    const clock = new WallClock(zone)
    clocks.set(zone, clock)
    return clock
  }

  /** Converts an instant to local time, both in microseconds since 1970. */
  toWall(instant: bigint): bigint {
    return instant + BigInt(this.#offsetAt(secondOf(instant))) * A_SECOND
  }

  /** Returns the instant of a local time, the earlier one of two; null for a local time that was skipped. */
  toInstant(wall: bigint): bigint | null {
    const second = secondOf(wall)
    const offsets = new Set(AROUND.map((distance) => this.#offsetAt(second + distance)))
    const instants = [...offsets]
      .filter((offset) => this.#offsetAt(second - offset) === offset)
      .map((offset) => wall - BigInt(offset) * A_SECOND)
    return instants.sort((a, b) => (a < b ? -1 : 1))[0] ?? null
  }

  #offsetAt(second: number): number {
    if (this.#format === null) return 0
    const start = Math.floor(second / STRETCH) * STRETCH
    const offset = this.#ask(start)
    return offset === this.#ask(start + STRETCH) ? offset : this.#ask(second)
  }

  #ask(second: number): number {
    const known = this.#asked.get(second)
    if (known !== undefined) return known
    const shown = new Map(
      this.#format!.formatToParts(second * 1000).map(({ type, value }) => [type, value] as const),
    )
    const part = (type: Intl.DateTimeFormatPartTypes): number => Number(shown.get(type))
    const year = shown.get('era')!.startsWith('B') ? 1 - part('year') : part('year')
    const date = new Date(0)
    date.setUTCFullYear(year, part('month') - 1, part('day'))
    date.setUTCHours(part('hour'), part('minute'), part('second'))
    const offset = date.getTime() / 1000 - second
    this.#asked.set(second, offset)
    return offset
  }
}

function secondOf(micros: bigint): number {
  const rest = ((micros % A_SECOND) + A_SECOND) % A_SECOND
  return Number((micros - rest) / A_SECOND)
}
