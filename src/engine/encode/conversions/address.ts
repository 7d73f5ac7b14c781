/**
 * `address`: inet and cidr. Invariant: the bytes are those of `inet_send`; an address that PostgreSQL would print differently is
 * normalized; a network with bits to the right of its netmask is refused.
 */
import type { Conversion } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import { BLOB, NULL, TEXT } from '../cell/cell.ts'
import { type CellEncoder, EXACT, NORMALIZED, reject } from '../cell/conversion-encoder.ts'
import { noError, writeNull } from '../cell/field.ts'

type AddressConversion = Extract<Conversion, { kind: 'address' }>

const notAnAddress = reject('not-an-address')
const unexpectedBlob = reject('unexpected-blob')
const unexpectedNumber = reject('unexpected-number')

/** `PGSQL_AF_INET` and the one after it (src/include/utils/inet.h). */
const FAMILY_4 = 2
const FAMILY_6 = 3
/** The length of an IPv6 address with a dotted IPv4 tail and /128. */
const MOST_CHARACTERS = 49

export function addressEncoder({ isNetwork }: AddressConversion): CellEncoder {
  return {
    encode(cell, out) {
      if (cell.storage === NULL) return writeNull(out)
      if (cell.storage === BLOB) return unexpectedBlob
      if (cell.storage !== TEXT) return unexpectedNumber
      if (cell.end - cell.start > MOST_CHARACTERS) return notAnAddress
      const text = cell.buffer.toString('latin1', cell.start, cell.end)
      const field = parseAddress(text, isNetwork)
      if (field === null) return notAnAddress
      out.reserve(4)
      out.int32(field.length)
      out.bytes(field, 0, field.length)
      return printAddress(field) === text ? EXACT : NORMALIZED
    },
    lastError: noError,
  }
}

/** Returns the field's value: family, netmask length, whether it is a network, byte count, bytes. */
function parseAddress(text: string, isNetwork: boolean): Buffer | null {
  const [host = '', length, ...more] = text.split('/')
  if (more.length > 0) return null
  const bytes = host.includes(':') ? bytesOfSix(host) : bytesOfFour(host)
  if (bytes === null || (length !== undefined && !/^\d{1,3}$/.test(length))) return null
  const most = bytes.length * 8
  const bits = length === undefined ? most : Number(length)
  if (bits > most || (isNetwork && hasBitsAfter(bytes, bits))) return null
  const family = bytes.length === 4 ? FAMILY_4 : FAMILY_6
  return Buffer.from([family, bits, isNetwork ? 1 : 0, bytes.length, ...bytes])
}

function bytesOfFour(text: string): number[] | null {
  const parts = text.split('.')
  const isAddress = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))
  const bytes = parts.map(Number)
  return isAddress && bytes.every((byte) => byte <= 255) ? bytes : null
}

/** RFC 4291 section 2.2: eight groups, one run of zeros omitted, the last two groups possibly an IPv4 address. */
function bytesOfSix(text: string): number[] | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const parts = halves.map(bytesOfGroups)
  const [before, after = []] = parts
  if (before === undefined || before === null || after === null) return null
  const missing = 16 - before.length - after.length
  if (halves.length === 1 ? missing !== 0 : missing < 2) return null
  return [...before, ...Array.from({ length: missing }, () => 0), ...after]
}

function bytesOfGroups(text: string): number[] | null {
  if (text === '') return []
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [index, group] of groups.entries()) {
    const four = index === groups.length - 1 && group.includes('.') ? bytesOfFour(group) : null
    if (four !== null) bytes.push(...four)
    else if (/^[\da-f]{1,4}$/i.test(group))
      bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff)
    else return null
  }
  return bytes
}

function hasBitsAfter(bytes: readonly number[], bits: number): boolean {
  return bytes.some((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - index * 8))
    return (byte & (0xff >> kept)) !== 0
  })
}

/** Prints as PostgreSQL does: a network always with its netmask length, an address only when that is shorter than the address. */
export function printAddress(field: Buffer): string {
  const bytes = field.subarray(4)
  const host = bytes.length === 4 ? bytes.join('.') : printSix(bytes)
  const isWhole = field[1] === bytes.length * 8
  return isWhole && field[2] === 0 ? host : `${host}/${field[1]}`
}

function printSix(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2))
  let [start, length] = [-1, 1]
  for (let at = 0; at < 8; at++) {
    let end = at
    while (end < 8 && groups[end] === 0) end++
    if (end - at > length) [start, length] = [at, end - at]
    at = Math.max(at, end)
  }
  const isMapped = start === 0 && (length === 6 || (length === 5 && groups[5] === 0xffff))
  const words = groups.map((group) => group.toString(16))
  if (isMapped) return `${length === 6 ? '::' : '::ffff:'}${bytes.subarray(12).join('.')}`
  if (start < 0) return words.join(':')
  return `${words.slice(0, start).join(':')}::${words.slice(start + length).join(':')}`
}

export function addressDecoder(_conversion: AddressConversion): (field: Buffer) => SqliteValue {
  return printAddress
}
