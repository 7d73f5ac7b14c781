/** Seeded randomness (mulberry32, public domain): a dialect is the same set of files every time. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  between(from: number, to: number): number {
    return from + this.next() * (to - from)
  }

  whole(from: number, to: number): number {
    return Math.floor(this.between(from, to + 1))
  }

  of<T>(values: readonly T[]): T {
    return values[this.whole(0, values.length - 1)]!
  }
}

/** A UUID of version 4 from two numbers, the same for the same numbers. */
export function uuidOf(kind: number, number: number): string {
  const hex = (value: number, digits: number): string =>
    (value >>> 0).toString(16).padStart(digits, '0').slice(-digits)
  const a = Math.imul(number + 1, 2654435761) ^ Math.imul(kind + 7, 40503)
  const b = Math.imul(number + 13, 2246822519) ^ kind
  return `${hex(a, 8)}-${hex(b, 4)}-4${hex(b >>> 16, 3)}-a${hex(a >>> 8, 3)}-${hex(number, 6)}${hex(kind, 2)}${hex(b ^ a, 4)}`
}
