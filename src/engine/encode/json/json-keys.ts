/**
 * The keys of the objects that are open while JSON text is read, each object's keys after its parent's. Keys are compared with escapes
 * resolved, in jsonb's order: shorter first, then byte by byte (lengthCompareJsonbString in jsonb_util.c). Invariant: no comparison
 * allocates, and n keys cost at most n log n comparisons.
 */
import { unescapeJson } from './json-strings.ts'

export class OpenKeys {
  count = 0
  /** For the caller's use: the position of a key's member in its output. */
  places = new Int32Array(64)
  #starts = new Int32Array(64)
  #ends = new Int32Array(64)
  /** 1 when the key is in `#unescaped`, 0 when in the text. */
  #kept = new Uint8Array(64)
  #order = new Int32Array(64)
  #text: Uint8Array = new Uint8Array(0)
  #unescaped = Buffer.allocUnsafe(256)
  #unescapedUsed = 0

  /** Discards all keys; the following ones are in `text`. */
  begin(text: Uint8Array): void {
    this.#text = text
    this.count = 0
    this.#unescapedUsed = 0
  }

  /** Adds the key whose literal, without quotes, is `[start, end)` of the text. */
  push(start: number, end: number, escaped: boolean): void {
    const index = this.count
    if (index === this.#starts.length) this.#grow()
    this.count = index + 1
    if (!escaped) {
      this.#starts[index] = start
      this.#ends[index] = end
      this.#kept[index] = 0
      return
    }
    this.#reserveUnescaped(end - start)
    const from = this.#unescapedUsed
    this.#unescapedUsed = unescapeJson(this.#text, start, end, this.#unescaped, from, false)
    this.#starts[index] = from
    this.#ends[index] = this.#unescapedUsed
    this.#kept[index] = 1
  }

  /** Returns a negative number, zero or a positive number, as key `a` sorts before, with or after key `b`. */
  compare(a: number, b: number): number {
    const ends = this.#ends
    const starts = this.#starts
    const length = ends[a]! - starts[a]!
    const difference = length - (ends[b]! - starts[b]!)
    if (difference !== 0) return difference
    const left = this.#kept[a] === 1 ? this.#unescaped : this.#text
    const right = this.#kept[b] === 1 ? this.#unescaped : this.#text
    const shift = starts[b]! - starts[a]!
    for (let at = starts[a]!, end = at + length; at < end; at++) {
      const step = left[at]! - right[at + shift]!
      if (step !== 0) return step
    }
    return 0
  }

  /** Whether any two keys from `first` on are equal. */
  hasDuplicates(first: number): boolean {
    const { count } = this
    if (count - first > 10) return this.#hasDuplicatesAmongMany(first)
    for (let a = first + 1; a < count; a++) {
      for (let b = first; b < a; b++) {
        if (this.compare(a, b) === 0) return true
      }
    }
    return false
  }

  /**
   * Returns the keys from `first` on in jsonb's order; of equal keys, the last one, which applies, comes first. The array is reused by the
   * next call, and only its first `count - first` entries are valid.
   */
  sorted(first: number): Int32Array {
    const length = this.count - first
    if (length > this.#order.length) this.#order = new Int32Array(length * 2)
    const order = this.#order
    if (length > 24) {
      for (let i = 0; i < length; i++) order[i] = first + i
      order.subarray(0, length).sort((a, b) => this.compare(a, b) || b - a)
      return order
    }
    for (let i = 0; i < length; i++) {
      const key = first + i
      let at = i
      while (at > 0 && this.compare(order[at - 1]!, key) >= 0) {
        order[at] = order[at - 1]!
        at--
      }
      order[at] = key
    }
    return order
  }

  #hasDuplicatesAmongMany(first: number): boolean {
    const hashes = new Float64Array(this.count - first)
    for (let i = 0; i < hashes.length; i++) hashes[i] = this.#hash(first + i)
    hashes.sort()
    let suspect = false
    for (let i = 1; i < hashes.length && !suspect; i++) suspect = hashes[i] === hashes[i - 1]
    if (!suspect) return false
    const order = this.sorted(first)
    for (let i = 1; i < hashes.length; i++) {
      if (this.compare(order[i - 1]!, order[i]!) === 0) return true
    }
    return false
  }

  /** 53 bits made of two 32-bit FNV-1a hashes with different primes. */
  #hash(key: number): number {
    const bytes = this.#kept[key] === 1 ? this.#unescaped : this.#text
    let high = 0x811c9dc5
    let low = 0x2f0b4a27
    for (let at = this.#starts[key]!, end = this.#ends[key]!; at < end; at++) {
      high = Math.imul(high ^ bytes[at]!, 0x01000193)
      low = Math.imul(low ^ bytes[at]!, 0x0100012b)
    }
    return (high >>> 0) * 2097152 + (low >>> 11)
  }

  #reserveUnescaped(count: number): void {
    const needed = this.#unescapedUsed + count
    if (needed <= this.#unescaped.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#unescaped.length * 2))
    this.#unescaped.copy(grown, 0, 0, this.#unescapedUsed)
    this.#unescaped = grown
  }

  #grow(): void {
    const capacity = this.#starts.length * 2
    this.places = grow(this.places, capacity)
    this.#starts = grow(this.#starts, capacity)
    this.#ends = grow(this.#ends, capacity)
    const kept = new Uint8Array(capacity)
    kept.set(this.#kept)
    this.#kept = kept
  }
}

function grow(array: Int32Array<ArrayBuffer>, capacity: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(capacity)
  grown.set(array)
  return grown
}
