/** One spelling for each type of PostgreSQL, however a person writes it. */

/** Short names as people write them, and PostgreSQL's own; `#` stands for length or precision. */
const longNames = new Map([
  ['timestamptz', 'timestamp# with time zone'],
  ['timestamp', 'timestamp# without time zone'],
  ['time', 'time# without time zone'],
  ['int', 'integer#'],
  ['int2', 'smallint#'],
  ['int4', 'integer#'],
  ['int8', 'bigint#'],
  ['decimal', 'numeric#'],
  ['bool', 'boolean#'],
  ['float8', 'double precision#'],
  ['varchar', 'character varying#'],
])

/** Returns the type as PostgreSQL spells it. */
export function spellType(words: string): string {
  const written = words.trim().toLowerCase().replaceAll(/\s+/g, ' ')
  const [, name = '', size = ''] = /^(\w+) ?(\(.*\))?$/.exec(written) ?? []
  return longNames.get(name)?.replace('#', size) ?? written
}
