/** Prints a number, or text of digits, as the time that it means in a unit. */
import { type EpochUnit, isWallUnit } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import { readBigInteger, readDecimalText, readInteger, readReal } from './epoch.ts'
import { Instant } from './instant.ts'
import { textFormOf, writeTimeText } from './time-form.ts'

const form = { ...textFormOf(null, ''), separator: 0x20 }

/** `2024-10-25 13:20:00.123 UTC`, without UTC for a unit without a zone; null when it is no time in that unit. */
export function momentText(value: SqliteValue, unit: EpochUnit): string | null {
  const instant = new Instant()
  if (!read(value, unit, instant)) return null
  return `${writeTimeText(instant.second, instant.micro, form)}${isWallUnit(unit) ? '' : ' UTC'}`
}

export function isReadable(value: SqliteValue, unit: EpochUnit): boolean {
  return read(value, unit, new Instant())
}

function read(value: SqliteValue, unit: EpochUnit, instant: Instant): boolean {
  if (typeof value === 'number') return readReal(value, unit, instant)
  if (typeof value === 'string') return readDecimalText(value, unit, instant)
  if (typeof value !== 'bigint') return false
  const isPlain = value >= -9007199254740992n && value <= 9007199254740992n
  return isPlain ? readInteger(Number(value), unit, instant) : readBigInteger(value, unit, instant)
}
