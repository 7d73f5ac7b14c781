/**
 * JSON by meaning: all texts with the same meaning get one spelling, with sorted keys and numbers as exact decimals. Invariant: no number
 * passes through a double, and a lost key is reported.
 */
import type { Conversion } from '../../model/conversion.ts'
import { textMeaning } from './compare-texts.ts'
import { parseDecimal, printDecimal } from './decimal-text.ts'
import { BrokenText, type Meaning, meaningless, type SourceValue, textOfBytes } from './source-value.ts'

/** The canonical spelling of a JSON text, and whether jsonb would refuse or damage it. */
type JsonReading = { readonly spelling: string; readonly isDamagedByJsonb: boolean }

/** Maximum nesting of a text that the migration treats as a document. */
const MOST_NESTED = 1000
/** Maximum nesting of JSON that is read back, where a document may be in an array in an object. */
const MOST_READ = 1010
/** PostgreSQL manual section 8.1.2: digits before and after the point. */
const MOST_WHOLE_DIGITS = 131_072
const MOST_FRACTION_DIGITS = 16_383

/** Returns null when the text is not JSON (RFC 8259). */
function readJson(text: string, mostNested = MOST_READ): JsonReading | null {
  const reader = new JsonReader(text, mostNested)
  const spelling = reader.readAll()
  return spelling === null ? null : { spelling, isDamagedByJsonb: reader.isDamagedByJsonb }
}

/** Returns the meaning of the target's text of a jsonb. */
export function targetJsonb(text: string): string {
  return readJson(text)?.spelling ?? text
}

export function jsonMeaning({ text: rule, storage }: Extract<Conversion, { kind: 'json' }>): Meaning {
  return (value) => {
    if (value === null) return null
    if (rule === 'only-documents') return documentMeaning(value, storage)
    if (typeof value === 'string' && rule === 'document') {
      const reading = readJson(value, MOST_NESTED)
      // A json column keeps the exact text, a jsonb column its meaning.
      if (reading !== null && storage === 'json') return value
      if (reading !== null && !reading.isDamagedByJsonb) return reading.spelling
    }
    return storage === 'json' ? jsonText(value) : jsonOf(value)
  }
}

/** For a column of which every text is a document that the server returns as it is written: a long one has the digest of its text. */
export function unchangedJsonMeaning(conversion: Extract<Conversion, { kind: 'json' }>): Meaning {
  const meaning = jsonMeaning(conversion)
  return (value) => {
    if (value === null) return null
    const text = typeof value === 'string' ? value : jsonText(value)
    const printed = textMeaning(text)
    return printed === text ? meaning(value) : printed
  }
}

/** For columns in which only JSON has a meaning, as text or as UTF-8 bytes. */
function documentMeaning(value: SourceValue, storage: 'json' | 'jsonb'): string {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value)))
    return storage === 'json' ? jsonText(value) : jsonOf(value)
  const text = value instanceof Uint8Array ? textOfBytes(value) : value
  const reading = typeof text === 'string' ? readJson(text, MOST_NESTED) : null
  if (reading === null || (storage === 'jsonb' && reading.isDamagedByJsonb))
    return meaningless(value, storage)
  return storage === 'json' ? (text as string) : reading.spelling
}

/** Returns a cell as JSON, text always as a string. */
export function jsonOf(value: SourceValue): string {
  if (value === null) return 'null'
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') {
    return Number.isFinite(value)
      ? printDecimal(parseDecimal(String(value))!)
      : `{"$real":${JSON.stringify(String(value))}}`
  }
  if (typeof value === 'string') {
    return value.includes('\0') ? wrapped('$text', Buffer.from(value)) : JSON.stringify(value)
  }
  return value instanceof BrokenText ? wrapped('$text', value.bytes) : wrapped('$blob', value)
}

function wrapped(key: '$text' | '$blob', bytes: Uint8Array): string {
  return `{"${key}":"${Buffer.from(bytes).toString('base64')}"}`
}

/** Like `jsonOf`, but in the spelling that a json column keeps: a blank after a colon, a point in every REAL. */
function jsonText(value: SourceValue): string {
  const meaning = jsonOf(value)
  if (typeof value === 'number' && Number.isFinite(value)) {
    const pointed = meaning.includes('.') ? meaning : `${meaning}.0`
    return Object.is(value, -0) ? `-${pointed}` : pointed
  }
  return meaning.startsWith('{"$') ? meaning.replace(':', ': ') : meaning
}

/** Returns an object in its canonical spelling. */
export function jsonObject(members: readonly (readonly [string, string])[]): string {
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${sorted.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`
}

const numberForm = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what JSON allows in no string.
const plainString = /"[^"\\\u0000-\u001f]*"/y
const blanks = /[ \t\n\r]*/y
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

class NotJson extends Error {}

class JsonReader {
  isDamagedByJsonb = false
  readonly #text: string
  readonly #mostNested: number
  #at = 0

  constructor(text: string, mostNested: number) {
    this.#text = text
    this.#mostNested = mostNested
  }

  readAll(): string | null {
    try {
      const spelling = this.#value(0)
      this.#skip(blanks)
      return this.#at === this.#text.length ? spelling : null
    } catch (error) {
      if (error instanceof NotJson) return null
      throw error
    }
  }

  #value(depth: number): string {
    this.#skip(blanks)
    const first = this.#text[this.#at]
    if (first === '{') return this.#object(depth + 1)
    if (first === '[') return this.#array(depth + 1)
    if (first === '"') return this.#string()
    for (const word of ['true', 'false', 'null']) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length
        return word
      }
    }
    return this.#number()
  }

  #object(depth: number): string {
    const members: [string, string][] = []
    this.#open(depth)
    while (!this.#closes('}', members.length)) {
      this.#skip(blanks)
      if (this.#text[this.#at] !== '"') throw new NotJson()
      const key: string = JSON.parse(this.#string())
      this.#skip(blanks)
      if (this.#text[this.#at++] !== ':') throw new NotJson()
      members.push([key, this.#value(depth)])
    }
    if (members.length > 1 && new Set(members.map(([key]) => key)).size < members.length) {
      this.isDamagedByJsonb = true
    }
    return jsonObject(members)
  }

  #array(depth: number): string {
    const elements: string[] = []
    this.#open(depth)
    while (!this.#closes(']', elements.length)) elements.push(this.#value(depth))
    return `[${elements.join(',')}]`
  }

  #open(depth: number): void {
    if (depth > this.#mostNested) throw new NotJson()
    this.#at++
  }

  /** Reads the end of a container, or the comma before its next member. Returns true at the end. */
  #closes(mark: string, count: number): boolean {
    this.#skip(blanks)
    const found = this.#text[this.#at]
    if (found === mark) {
      this.#at++
      return true
    }
    if (count === 0) return false
    if (found !== ',') throw new NotJson()
    this.#at++
    return false
  }

  #string(): string {
    const start = this.#at
    if (this.#skip(plainString)) return this.#text.slice(start, this.#at)
    this.#at++
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === 0x22) break
      if (code === 0x5c) {
        if (!this.#skip(escaped)) throw new NotJson()
      } else if (code >= 0x20) {
        this.#at++
      } else {
        // A control character, or NaN at the end of the text.
        throw new NotJson()
      }
      if (this.#at >= this.#text.length) throw new NotJson()
    }
    this.#at++
    const meaning: string = JSON.parse(this.#text.slice(start, this.#at))
    if (meaning.includes('\0') || !meaning.isWellFormed()) this.isDamagedByJsonb = true
    return JSON.stringify(meaning)
  }

  #number(): string {
    const start = this.#at
    if (!this.#skip(numberForm)) throw new NotJson()
    const text = this.#text.slice(start, this.#at)
    // Already in the canonical spelling.
    if (/^(?:0|-?[1-9]\d{0,20})$/.test(text)) return text
    const decimal = parseDecimal(text)!
    const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e')
    const fraction = mantissa.split('.')[1]?.length ?? 0
    const whole = decimal.digits === '' ? 0 : decimal.digits.length + decimal.power
    if (whole > MOST_WHOLE_DIGITS || fraction - Number(exponent) > MOST_FRACTION_DIGITS) {
      this.isDamagedByJsonb = true
    }
    return printDecimal(decimal)
  }

  #skip(form: RegExp): boolean {
    form.lastIndex = this.#at
    if (!form.test(this.#text)) return false
    this.#at = form.lastIndex
    return true
  }
}
