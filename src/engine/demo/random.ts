/** Seeded random values for the sample databases: the same seed makes the same files on every machine. */

export type Random = {
  /** In [0, 1). */
  unit(): number
  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number
  pick<T>(choices: readonly T[]): T
  /** Normally distributed, mean 0, deviation 1. */
  normal(): number
  /** A version 4 UUID. */
  uuid(): string
}

/** Mulberry32, a 32-bit generator by Tommy Ettinger, in the public domain. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const whole = (least: number, most: number): number => least + Math.floor(unit() * (most - least + 1))
  return {
    unit,
    whole,
    pick: (choices) => choices[whole(0, choices.length - 1)]!,
    normal: () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
    uuid() {
      const digits = Array.from({ length: 32 }, () => whole(0, 15).toString(16))
      digits[12] = '4'
      digits[16] = whole(8, 11).toString(16)
      const text = digits.join('')
      return [
        text.slice(0, 8),
        text.slice(8, 12),
        text.slice(12, 16),
        text.slice(16, 20),
        text.slice(20),
      ].join('-')
    },
  }
}
