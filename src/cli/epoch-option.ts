/** `--epoch TABLE.COLUMN=UNIT`, read. Pure. */
import { type EpochUnit, epochUnits, nearest } from '../engine/door/index.ts'
import type { OptionSpec } from './command.ts'
import { listOf, usageError } from './usage-error.ts'

export const epochOption = {
  value: 'COLUMN=UNIT',
  group: 'How',
  description: 'Read TABLE.COLUMN as times of a unit such as seconds',
  read: (texts) => Object.fromEntries((texts ?? []).map(readEpoch)),
} satisfies OptionSpec<Readonly<Record<string, EpochUnit>>>

/** Splits at the last `=`, since a column's name may contain one. */
function readEpoch(text: string): readonly [string, EpochUnit] {
  const at = text.lastIndexOf('=')
  const [name, word] = [text.slice(0, at), text.slice(at + 1).toLowerCase()]
  if (at <= 0 || !name.includes('.'))
    throw usageError('epoch-malformed', `--epoch takes TABLE.COLUMN=UNIT, not "${text}".`)
  const unit = epochUnits.find((known) => known === word)
  if (unit !== undefined) return [name, unit]
  const close = nearest(word, epochUnits)
  throw usageError(
    'value-unknown',
    `--epoch takes ${listOf(epochUnits)} as the unit, not "${word}".`,
    close === null ? 'See gpt-migrate --help.' : `Did you mean ${close}?`,
  )
}
