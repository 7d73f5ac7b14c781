import type { TimeForm } from '../../model/conversion.ts'

const textForm =
  /^(?:(\d{4}-\d{2}-\d{2})(?:([T ])(?=\d))?)?(?:\d{2}:\d{2}(:\d{2}(?:\.(\d{1,9}))?)?(Z|z| ?UTC|[+-]\d{2}(?::?\d{2})?)?)?$/

/** Returns the spelling of one text; null when it is no time. */
export function formOfText(text: string): TimeForm {
  const match = textForm.exec(text)
  if (match === null || text === '') return null
  const [, date, between, secondsPart, fraction, zone] = match
  if (date !== undefined && between === undefined) {
    return date === text ? { storage: 'text', separator: 'date-only', fraction: 0, zone: '' } : null
  }
  return {
    storage: 'text',
    separator: date === undefined ? 'time-only' : (between as 'T' | ' '),
    fraction: secondsPart === undefined ? -1 : (fraction?.length ?? 0),
    zone: zoneSpelling(zone),
  }
}

function zoneSpelling(zone: string | undefined): '' | 'Z' | '+00:00' | '+0000' | '+00' | ' UTC' {
  if (zone === undefined) return ''
  if (zone === 'Z' || zone === 'z') return 'Z'
  if (zone.endsWith('UTC')) return ' UTC'
  if (zone.includes(':')) return '+00:00'
  return zone.length === 5 ? '+0000' : '+00'
}
