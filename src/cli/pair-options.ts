/** Options whose texts are pairs, read. Each throws a usage error. Pure. */
import type { EpochUnit } from '../engine/door/index.ts'
import { optionRules } from '../library/option-rules.ts'
import type { OptionSpec } from './command.ts'
import { judge } from './option-kinds.ts'
import { usageError } from './usage-error.ts'

export const asOption = {
  seldom: true,
  value: 'FILE=NAME',
  group: 'What to move',
  description: 'Treat FILE as the database NAME of the mapping, such as live.db=trading.db',
  read: (texts) => pairs(texts, 'as-malformed', '--as takes FILE=NAME'),
} satisfies OptionSpec<Readonly<Record<string, string>>>

export const epochOption = {
  value: 'COLUMN=UNIT',
  group: 'How',
  description: 'Read TABLE.COLUMN as times of a unit such as seconds',
  read: (texts, name) => {
    const given = pairs(texts, 'epoch-malformed', '--epoch takes TABLE.COLUMN=UNIT')
    const units = Object.entries(given).map(([column, unit]) => [column, unit.toLowerCase()])
    return judge(optionRules.epoch, Object.fromEntries(units), name)
  },
} satisfies OptionSpec<Readonly<Record<string, EpochUnit>>>

/** The last `=` counts, since a name may have one. */
function pairs(texts: readonly string[] | null, code: string, takes: string): Record<string, string> {
  const entries = (texts ?? []).map((text) => {
    const at = text.lastIndexOf('=')
    if (at <= 0 || at === text.length - 1) throw usageError(code, `${takes}, not "${text}".`)
    return [text.slice(0, at), text.slice(at + 1)]
  })
  return Object.fromEntries(entries)
}
