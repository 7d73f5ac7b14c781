/** The types offered for a column, with what each is for. Pure. */

export type OfferedType = { readonly type: string; readonly use: string }

const offeredTypes: readonly OfferedType[] = [
  { type: 'text', use: 'text of any length' },
  { type: 'character varying(255)', use: 'text of at most so many characters' },
  { type: 'bigint', use: 'whole numbers, eight bytes' },
  { type: 'integer', use: 'whole numbers up to 2,147,483,647' },
  { type: 'numeric', use: 'decimals, as many digits as there are' },
  { type: 'numeric(20,8)', use: 'decimals with eight places' },
  { type: 'double precision', use: 'binary fractions, as SQLite stores them' },
  { type: 'boolean', use: 'true and false; 1 and 0' },
  { type: 'timestamp with time zone', use: 'moments' },
  { type: 'timestamp without time zone', use: 'date and time of no zone' },
  { type: 'date', use: 'days' },
  { type: 'uuid', use: 'UUIDs' },
  { type: 'jsonb', use: 'JSON' },
  { type: 'bytea', use: 'bytes' },
]

/** Types whose name contains the typed text; all for a complete name, so that another can be chosen. */
export function offeredFor(typed: string): readonly OfferedType[] {
  const text = typed.trim().toLowerCase()
  if (offeredTypes.some(({ type }) => type === text)) return offeredTypes
  const fitting = offeredTypes.filter(({ type }) => type.includes(text))
  return fitting.length > 0 ? fitting : offeredTypes
}
