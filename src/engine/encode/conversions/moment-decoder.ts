/** Decodes the target's times into the source's spelling. Invariant: the inverse of `moment.ts` for every value that it accepts. */
import { type Conversion, isWallUnit } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import { SECONDS_A_DAY } from '../times/civil.ts'
import { numberOf } from '../times/epoch.ts'
import { Instant, isInRange, readMicros } from '../times/instant.ts'
import { type TextForm, textFormOf, writeTimeText } from '../times/time-form.ts'
import { DATE_ONLY, NO_ZONE } from '../times/time-text.ts'
import { type Zone, zoneOf } from '../times/zone.ts'

export type Moment = Extract<Conversion, { kind: 'timestamptz' | 'timestamp' | 'date' }>

/** Returns a function from the field's bytes to the source value in the column's form; a date as a number is midnight in `zone`. */
export function momentDecoder(conversion: Moment): (field: Buffer) => SqliteValue {
  switch (conversion.kind) {
    case 'timestamptz':
      return instantDecoder(conversion)
    case 'timestamp':
      return wallDecoder(conversion, readMicros)
    case 'date':
      return wallDecoder(conversion, (field, instant) => {
        instant.second = field.readInt32BE(0) * SECONDS_A_DAY
        instant.micro = 0
      })
    default:
      return conversion satisfies never
  }
}

/** How the source spells the column's values, and an object to read one into. */
function spellingOf(conversion: Moment): {
  readonly numberForm: ReturnType<typeof numberFormOf>
  readonly epoch: Moment['epoch']
  readonly zone: Zone
  readonly form: TextForm
  readonly instant: Instant
} {
  return {
    numberForm: numberFormOf(conversion),
    epoch: conversion.epoch,
    zone: zoneOf(conversion.zone),
    form: momentTextFormOf(conversion),
    instant: new Instant(),
  }
}

function instantDecoder(conversion: Moment): (field: Buffer) => SqliteValue {
  const { numberForm, epoch, zone, form, instant } = spellingOf(conversion)
  return (field) => {
    readMicros(field, instant)
    if (numberForm === null || epoch === null) return textOfInstant(instant, zone, form)
    if (isWallUnit(epoch)) instant.second += zone.offsetAt(instant.second)
    return numberOf(instant, epoch, numberForm)
  }
}

function wallDecoder(
  conversion: Moment,
  read: (field: Buffer, instant: Instant) => void,
): (field: Buffer) => SqliteValue {
  const { numberForm, epoch, zone, form, instant } = spellingOf(conversion)
  return (field) => {
    read(field, instant)
    if (numberForm === null && form.zone === NO_ZONE)
      return writeTimeText(instant.second, instant.micro, form)
    const isWall = numberForm !== null && epoch !== null && isWallUnit(epoch)
    const utc = isWall ? Number.NaN : zone.utcOf(instant.second)
    if (!Number.isNaN(utc)) instant.second = utc
    if (numberForm !== null && epoch !== null) return numberOf(instant, epoch, numberForm)
    return textOfInstant(instant, zone, form)
  }
}

function textOfInstant(instant: Instant, zone: Zone, form: TextForm): string {
  const { second, micro } = instant
  if (form.zone !== NO_ZONE) return writeTimeText(second, micro, form)
  const wall = second + zone.offsetAt(second)
  return isInRange(wall)
    ? writeTimeText(wall, micro, form)
    : writeTimeText(second, micro, { ...form, separator: 0x54, zone: 2 })
}

/** The storage class of the column's numbers; null when its form is text, or when numbers have no unit. */
export function numberFormOf(conversion: Moment): 'integer' | 'real' | null {
  const { form, epoch } = conversion
  return form === null || form.storage === 'text' || epoch === null ? null : form.storage
}

/** The column's form of text; null when its form is a number. */
export function momentTextForm(conversion: Moment): TextForm | null {
  return numberFormOf(conversion) === null ? momentTextFormOf(conversion) : null
}

function momentTextFormOf(conversion: Moment): TextForm {
  const { form, kind } = conversion
  if (kind === 'date' && (form === null || form.storage !== 'text')) {
    return { separator: DATE_ONLY, fraction: 0, zone: NO_ZONE }
  }
  return textFormOf(form, kind === 'timestamptz' ? '+00:00' : '')
}
