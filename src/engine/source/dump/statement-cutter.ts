/**
 * A dump cut into statements while it is read, as SQLite's own program cuts it (https://www.sqlite.org/c3ref/complete.html). Pure.
 * Invariant: the bytes of a statement are those of the file, and no more than one statement is held.
 */

export type DumpStatement = {
  /** Of its first word, counted from 1. */
  readonly line: number
  /** Without the comments before it and without its semicolon. Valid until the next bytes are pushed. */
  readonly bytes: Buffer
}

const LF = 0x0a
const [SINGLE, DOUBLE, BACKTICK, OPEN, CLOSE] = [0x27, 0x22, 0x60, 0x5b, 0x5d]
const [DASH, SLASH, STAR, DOT, SEMICOLON] = [0x2d, 0x2f, 0x2a, 0x2e, 0x3b]

const lineEnd = Buffer.from('\n')
const commentEnd = Buffer.from('*/')

/** What a quote that opens with this byte closes with. */
const closers: ReadonlyMap<number, Buffer> = new Map([
  [SINGLE, Buffer.from([SINGLE])],
  [DOUBLE, Buffer.from([DOUBLE])],
  [BACKTICK, Buffer.from([BACKTICK])],
  [OPEN, Buffer.from([CLOSE])],
])

/** Bytes that mean something outside of quotes and comments. */
const isNoted = new Uint8Array(256)
for (const byte of [SINGLE, DOUBLE, BACKTICK, OPEN, DASH, SLASH, SEMICOLON]) isNoted[byte] = 1

/** Spaces of SQLite's grammar, and the mark of UTF-8. */
const isSpace = new Uint8Array(256)
for (const byte of [0x20, 0x09, LF, 0x0c, 0x0d, 0xef, 0xbb, 0xbf]) isSpace[byte] = 1

const trigger = /^create\s+(?:temp(?:orary)?\s+)?trigger\b/i
const between = /[ \t\n\f\r]|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\//g

export class StatementCutter {
  #buffer = Buffer.allocUnsafe(1 << 20)
  #filled = 0
  #at = 0
  #line = 1
  /** Where the lines have been counted to. */
  #counted = 0
  /** The first byte of the statement under way; -1 before it. */
  #first = -1
  #firstLine = 1
  /** What a quote or comment under way ends with. */
  #until: Buffer | null = null
  #isTrigger = false
  /** The last semicolon inside of a trigger. */
  #inner = -1

  /** What is left without a semicolon at the end of the file; null when that is nothing. */
  rest(): DumpStatement | null {
    if (this.#first < 0) return null
    return { line: this.#firstLine, bytes: this.#buffer.subarray(this.#first, this.#filled) }
  }

  /** The statements that are complete with these bytes. */
  *push(chunk: Buffer): Generator<DumpStatement> {
    this.#append(chunk)
    for (let end = this.#end(); end !== null; end = this.#end()) {
      yield { line: this.#firstLine, bytes: this.#buffer.subarray(this.#first, end) }
      this.#first = -1
      this.#isTrigger = false
      this.#inner = -1
    }
  }

  #append(chunk: Buffer): void {
    if (this.#filled + chunk.length > this.#buffer.length) this.#makeRoom(chunk.length)
    chunk.copy(this.#buffer, this.#filled)
    this.#filled += chunk.length
  }

  /** Keeps the statement under way only. */
  #makeRoom(bytes: number): void {
    this.#countLines(this.#at)
    const from = this.#first < 0 ? this.#at : this.#first
    const wanted = this.#filled - from + bytes
    const isTight = wanted > this.#buffer.length / 2
    const room = isTight ? Buffer.allocUnsafe(2 * wanted) : this.#buffer
    this.#buffer.copy(room, 0, from, this.#filled)
    this.#buffer = room
    this.#filled -= from
    this.#at -= from
    this.#counted -= from
    if (this.#first >= 0) this.#first = 0
    if (this.#inner >= 0) this.#inner -= from
  }

  /** Where the next statement ends; null where its end has not been read yet. */
  #end(): number | null {
    const bytes = this.#buffer.subarray(0, this.#filled)
    while (this.#at < bytes.length) {
      if (this.#until !== null) {
        const end = bytes.indexOf(this.#until, this.#at)
        if (end < 0) {
          this.#at = Math.max(this.#at, bytes.length - this.#until.length + 1)
          return null
        }
        this.#at = end + this.#until.length
        this.#until = null
        continue
      }
      const byte = bytes[this.#at]!
      if (byte === DASH || byte === SLASH) {
        if (this.#at + 1 === bytes.length) return null
        const next = bytes[this.#at + 1]!
        if (byte === next && byte === DASH) {
          this.#skipTo(lineEnd, 2)
          continue
        }
        if (byte === SLASH && next === STAR) {
          this.#skipTo(commentEnd, 2)
          continue
        }
      }
      if (this.#first < 0 && !this.#begins(byte)) continue
      const closer = closers.get(byte)
      if (closer !== undefined) this.#skipTo(closer, 1)
      else if (byte === SEMICOLON && this.#isWhole(bytes)) return this.#at++
      else {
        this.#at++
        while (this.#at < bytes.length && isNoted[bytes[this.#at]!] === 0) this.#at++
      }
    }
    return null
  }

  #skipTo(until: Buffer, bytes: number): void {
    this.#until = until
    this.#at += bytes
  }

  /** Whether a statement begins here; what does not is passed. */
  #begins(byte: number): boolean {
    if (isSpace[byte] === 1 || byte === SEMICOLON) {
      this.#at++
      return false
    }
    this.#countLines(this.#at)
    this.#first = this.#at
    this.#firstLine = this.#line
    // A command of SQLite's own program takes its line.
    if (byte === DOT) this.#skipTo(lineEnd, 1)
    return true
  }

  /** Whether this semicolon ends the statement: that of a trigger only behind its END. */
  #isWhole(bytes: Buffer): boolean {
    if (this.#inner < 0) {
      const head = bytes.toString('latin1', this.#first, Math.min(this.#at, this.#first + 4096))
      this.#isTrigger = trigger.test(head.replace(between, ' '))
    }
    if (!this.#isTrigger) return true
    const last = this.#inner
    this.#inner = this.#at
    if (last < 0 || this.#at - last > 4096) return false
    return (
      bytes
        .toString('latin1', last + 1, this.#at)
        .replace(between, '')
        .toLowerCase() === 'end'
    )
  }

  #countLines(to: number): void {
    const bytes = this.#buffer.subarray(0, to)
    for (let at = bytes.indexOf(LF, this.#counted); at >= 0; at = bytes.indexOf(LF, at + 1)) this.#line++
    this.#counted = Math.max(this.#counted, to)
  }
}
