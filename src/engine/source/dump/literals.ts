/**
 * Converts a statement's bytes to the text that SQLite prepares. Pure. Invariant: every literal keeps its bytes: what a JavaScript string
 * cannot hold (bytes that are not UTF-8, a zero byte, or too many) becomes a parameter, or a BLOB with a cast.
 */
import { isUtf8 } from 'node:buffer'

export type PreparedText = {
  readonly sql: string
  readonly parameters: readonly Buffer[]
}

/** Literals of this size in bytes become parameters. */
const LARGE = 1 << 20
/** The longest SQL that is prepared, without its large literals. */
export const LONGEST_SQL = 256 << 20

const [SINGLE, DOUBLE, BACKTICK, OPEN, CLOSE, DASH, SLASH, STAR, LF] = [
  0x27, 0x22, 0x60, 0x5b, 0x5d, 0x2d, 0x2f, 0x2a, 0x0a,
]

/** Null when anything but a literal is not UTF-8. */
export function textOf(bytes: Buffer): PreparedText | null {
  const isPlain = bytes.length < LARGE && isUtf8(bytes) && !bytes.includes(0)
  return isPlain ? { sql: bytes.toString(), parameters: [] } : takeOutLiterals(bytes)
}

function takeOutLiterals(bytes: Buffer): PreparedText | null {
  const parts: string[] = []
  const parameters: Buffer[] = []
  let kept = 0
  let isText = true
  const keepTo = (end: number): void => {
    const part = bytes.subarray(kept, end)
    isText &&= isUtf8(part) && !part.includes(0)
    parts.push(part.toString())
  }
  for (let at = 0; at < bytes.length; ) {
    const end = endOfQuote(bytes, at)
    if (end === null) {
      at++
      continue
    }
    if (bytes[at] === SINGLE) {
      const isBlob = at > 0 && (bytes[at - 1]! | 0x20) === 0x78 && !isNameByte(bytes[at - 2])
      const content = bytes.subarray(at + 1, end - 1)
      const isOdd = !isBlob && (!isUtf8(content) || content.includes(0))
      if (isOdd || content.length >= LARGE) {
        keepTo(isBlob ? at - 1 : at)
        const value = isBlob ? bytesOfHex(content) : unquoted(content)
        if (content.length >= LARGE) parameters.push(value)
        const source = content.length >= LARGE ? '?' : `x'${value.toString('hex')}'`
        parts.push(isBlob ? source : `cast(${source} as text)`)
        kept = end
      }
    }
    at = end
  }
  keepTo(bytes.length)
  return isText ? { sql: parts.join(''), parameters } : null
}

/** The end of the quote or comment that begins at `at`; null when it has none. */
export function endOfQuote(bytes: Buffer, at: number): number | null {
  const byte = bytes[at]!
  switch (byte) {
    case SINGLE:
    case DOUBLE:
    case BACKTICK: {
      let end = bytes.indexOf(byte, at + 1)
      while (end >= 0 && bytes[end + 1] === byte) end = bytes.indexOf(byte, end + 2)
      return end < 0 ? bytes.length : end + 1
    }
    case OPEN:
      return after(bytes.indexOf(CLOSE, at), 1, bytes)
    case DASH:
      return bytes[at + 1] === DASH ? after(bytes.indexOf(LF, at), 1, bytes) : null
    case SLASH:
      return bytes[at + 1] === STAR ? after(bytes.indexOf('*/', at + 2, 'latin1'), 2, bytes) : null
    default:
      return null
  }
}

function after(found: number, length: number, bytes: Buffer): number {
  return found < 0 ? bytes.length : found + length
}

function isNameByte(byte: number | undefined): boolean {
  return byte !== undefined && (/\w|\$/.test(String.fromCharCode(byte)) || byte >= 0x80)
}

/** Replaces doubled quotes with single ones. */
function unquoted(content: Buffer): Buffer {
  const value = Buffer.allocUnsafe(content.length)
  let length = 0
  for (let from = 0; from < content.length; ) {
    const quote = content.indexOf(SINGLE, from)
    const end = quote < 0 ? content.length : quote + 1
    length += content.copy(value, length, from, end)
    from = quote < 0 ? end : end + 1
  }
  return value.subarray(0, length)
}

/** In parts, since all digits together may be longer than a string can be. */
function bytesOfHex(digits: Buffer): Buffer {
  const value = Buffer.allocUnsafe(digits.length >> 1)
  for (let at = 0; at < digits.length; at += LARGE)
    value.write(digits.toString('latin1', at, Math.min(digits.length, at + LARGE)), at >> 1, 'hex')
  return value
}
