/**
 * Variable-length integers (https://www.sqlite.org/fileformat2.html#varint): one to nine bytes, most significant first. Each of the first
 * eight holds seven bits, and its high bit means that another byte follows; a ninth holds eight bits. The result is a 64-bit two's
 * complement integer. Invariant: `read` does not allocate, and reads at most nine bytes.
 */
export class Varint {
  /** The value's upper and lower 32 bits, both as signed integers. */
  high = 0
  low = 0
  /** The index of the following byte. */
  end = 0

  read(bytes: Uint8Array, at: number): void {
    let high = 0
    let low = 0
    let end = at
    for (let count = 1; count < 9; count++) {
      const byte = bytes[end++]!
      high = (high << 7) | (low >>> 25)
      low = (low << 7) | (byte & 0x7f)
      if (!(byte & 0x80)) {
        this.high = high
        this.low = low
        this.end = end
        return
      }
    }
    this.high = (high << 8) | (low >>> 24)
    this.low = (low << 8) | bytes[end++]!
    this.end = end
  }

  /** The value as a size or count: negative or imprecise only beyond every limit that is checked. */
  size(): number {
    return this.high * 4294967296 + (this.low >>> 0)
  }

  rowid(): bigint {
    return rowidOf(this.high, this.low)
  }
}

/** The 64-bit integer from two signed halves. */
export function rowidOf(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0)
}
