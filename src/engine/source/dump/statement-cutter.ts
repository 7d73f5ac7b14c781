/**
 * Splits a dump into statements while it is read, like SQLite's shell (https://www.sqlite.org/c3ref/complete.html). Pure. Invariant: a
 * statement's bytes are those of the file, and only one statement is held in memory.
 */

export type DumpStatement = {
  /** The line of its first word, counted from 1. */
  readonly line: number
  /** Without preceding comments and without the semicolon. Valid until the next bytes are pushed. */
  readonly bytes: Buffer
}

const LF = 0x0a
const [SINGLE, DOUBLE, BACKTICK, OPEN, CLOSE] = [0x27, 0x22, 0x60, 0x5b, 0x5d]
const [DASH, SLASH, STAR, DOT, SEMICOLON] = [0x2d, 0x2f, 0x2a, 0x2e, 0x3b]

const lineEnd = Buffer.from('\n')
const commentEnd = Buffer.from('*/')

/** By the byte that opens a quote: the bytes that close it. */
const closers: ReadonlyMap<number, Buffer> = new Map([
  [SINGLE, Buffer.from([SINGLE])],
  [DOUBLE, Buffer.from([DOUBLE])],
  [BACKTICK, Buffer.from([BACKTICK])],
  [OPEN, Buffer.from([CLOSE])],
])

/** Bytes with a meaning outside quotes and comments. */
const isNoted = new Uint8Array(256)
for (const byte of [SINGLE, DOUBLE, BACKTICK, OPEN, DASH, SLASH, SEMICOLON]) isNoted[byte] = 1

/** The white space of SQLite's grammar, and the UTF-8 byte order mark. */
const isSpace = new Uint8Array(256)
for (const byte of [0x20, 0x09, LF, 0x0c, 0x0d, 0xef, 0xbb, 0xbf]) isSpace[byte] = 1

const trigger = /^create\s+(?:temp(?:orary)?\s+)?trigger\b/i
const between = /[ \t\n\f\r]|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\//g

export class StatementCutter {
  #buffer = Buffer.allocUnsafe(1 << 20)
  #filled = 0
  #at = 0
  #line = 1
  /** The position up to which lines have been counted. */
  #counted = 0
  /** The first byte of the current statement; -1 before it. */
  #first = -1
  #firstLine = 1
  /** The bytes that end the current quote or comment. */
  #until: Buffer | null = null
  #isTrigger = false
  /** The last semicolon within a trigger. */
  #inner = -1

  /** The rest of the file without a final semicolon; null when nothing is left. */
  rest(): DumpStatement | null {
    if (this.#first < 0) return null
    return { line: this.#firstLine, bytes: this.#buffer.subarray(this.#first, this.#filled) }
  }

  /** Yields the statements that these bytes complete. */
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

  /** Makes room by dropping everything before the current statement. */
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

  /** Returns the end of the next statement; null when it has not been read yet. */
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

  /** Whether a statement begins here; skips what does not. */
  #begins(byte: number): boolean {
    if (isSpace[byte] === 1 || byte === SEMICOLON) {
      this.#at++
      return false
    }
    this.#countLines(this.#at)
    this.#first = this.#at
    this.#firstLine = this.#line
    // A command of SQLite's shell extends to the end of its line.
    if (byte === DOT) this.#skipTo(lineEnd, 1)
    return true
  }

  /** Whether this semicolon ends the statement: within a trigger, only the one after END does. */
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
