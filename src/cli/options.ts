/**
 * The command line's one table: parsing, `--help` and the documentation are made from it. Invariant: an option that is not here
 * does not exist.
 */

export type OptionSpec = {
  readonly name: string
  readonly short?: string
  /** What the value is called in help; absent for a switch. */
  readonly value?: string
  readonly choices?: readonly string[]
  readonly multiple?: boolean
  readonly group: OptionGroup
  readonly description: string
}

export const optionGroups = ['What to move', 'Where to', 'How', 'Output', 'Other'] as const
export type OptionGroup = (typeof optionGroups)[number]

export const optionSpecs = [
  {
    name: 'source',
    short: 's',
    value: 'PATH',
    multiple: true,
    group: 'What to move',
    description: 'A database file, or a folder to search; may be repeated (default: .)',
  },
  {
    name: 'as',
    value: 'FILE=NAME',
    multiple: true,
    group: 'What to move',
    description: 'Treat FILE as the database NAME of the mapping, such as live.db=trading.db',
  },
  {
    name: 'mapping',
    value: 'NAME',
    group: 'What to move',
    description:
      'The mapping: gpt-trader, auto, or a file FILE.yaml (default: gpt-trader when its files are found)',
  },
  {
    name: 'plan',
    value: 'FILE',
    group: 'What to move',
    description: 'Carry out the plan in FILE, as plan --out FILE.yaml wrote it',
  },
  {
    name: 'exclude',
    value: 'TABLE',
    multiple: true,
    group: 'What to move',
    description: 'Leave a table out: table or database/table',
  },
  {
    name: 'allow-missing',
    group: 'What to move',
    description: 'Go on when some of the six databases are not there',
  },
  {
    name: 'views',
    group: 'What to move',
    description: 'Create the views too, those that can be translated and give the same rows',
  },
  { name: 'salvage', group: 'What to move', description: 'Move what can be read of a damaged database' },
  {
    name: 'target',
    short: 't',
    value: 'URL',
    group: 'Where to',
    description: 'postgres://…, or embedded[:DIR] (default: DATABASE_URL, then PG* variables)',
  },
  { name: 'schema', value: 'NAME', group: 'Where to', description: 'Target schema of the automatic mapping' },
  {
    name: 'into',
    value: 'one',
    choices: ['one'],
    group: 'Where to',
    description: 'one: tables of one name in several databases become one, with a column for the origin',
  },
  {
    name: 'data-only',
    group: 'Where to',
    description: 'Fill tables that are there already, by name; create none',
  },
  { name: 'append', group: 'Where to', description: 'data-only: add to tables that hold rows already' },
  {
    name: 'truncate',
    value: 'DATABASE',
    group: 'Where to',
    description: "data-only: empty the tables first; type the target database's name",
  },
  { name: 'keep-running', group: 'Where to', description: 'Leave the embedded server running after the run' },
  {
    name: 'start-over',
    group: 'Where to',
    description: 'Roll an unfinished run back instead of resuming it',
  },
  { name: 'yes', short: 'y', group: 'How', description: 'Run without questions' },
  { name: 'dry-run', group: 'How', description: 'Stop after the plan; write nothing to the target' },
  {
    name: 'verify',
    value: 'LEVEL',
    choices: ['none', 'count', 'checksum', 'full'],
    group: 'How',
    description: 'none, count, checksum or full (default: checksum)',
  },
  {
    name: 'jobs',
    short: 'j',
    value: 'N',
    group: 'How',
    description: 'Copy workers (default: the number of cores)',
  },
  { name: 'timezone', value: 'ZONE', group: 'How', description: 'Zone of times without one (default: UTC)' },
  {
    name: 'orphans',
    value: 'FATE',
    choices: ['keep', 'quarantine', 'fail'],
    group: 'How',
    description: 'Rows whose reference has no row: keep, quarantine or fail (default: keep)',
  },
  {
    name: 'unmapped',
    value: 'FATE',
    choices: ['add', 'archive', 'drop', 'fail'],
    group: 'How',
    description: 'Columns without a home: add, archive, drop or fail (default: add)',
  },
  {
    name: 'on-overflow',
    value: 'FATE',
    choices: ['widen', 'quarantine'],
    group: 'How',
    description: 'Values too large for the planned type: widen it, or quarantine (default: widen)',
  },
  {
    name: 'on-reject',
    value: 'FATE',
    choices: ['quarantine', 'fail'],
    group: 'How',
    description: 'Rows that cannot be moved: quarantine or fail (default: quarantine)',
  },
  {
    name: 'identifiers',
    value: 'STYLE',
    choices: ['keep', 'snake_case'],
    group: 'How',
    description: 'Names in the automatic mapping: keep or snake_case (default: keep)',
  },
  {
    name: 'timeseries',
    value: 'KIND',
    choices: ['auto', 'native', 'timescaledb'],
    group: 'How',
    description: 'Partitions: auto, native or timescaledb (default: auto)',
  },
  {
    name: 'strict-types',
    group: 'How',
    description: 'Quarantine what does not fit a declared type instead of widening it',
  },
  { name: 'int4-when-fits', group: 'How', description: 'Use integer instead of bigint where all values fit' },
  {
    name: 'exact',
    group: 'How',
    description: 'Keep the original of every normalized or rounded cell in the archive',
  },
  { name: 'json', group: 'Output', description: 'Print events as JSON, one object a line' },
  { name: 'plain', group: 'Output', description: 'Plain lines instead of the wizard or a moving display' },
  {
    name: 'report',
    value: 'FILE',
    group: 'Output',
    description: 'Also write the report here: .json, .md or .html',
  },
  {
    name: 'to-sqlite',
    value: 'DIR',
    group: 'Output',
    description: 'export: write the SQLite databases into this folder',
  },
  { name: 'sql', group: 'Output', description: 'plan: print the DDL' },
  {
    name: 'out',
    value: 'FILE',
    group: 'Output',
    description: 'plan, mappings: write it here; a plan to edit and run as .yaml',
  },
  {
    name: 'work-folder',
    value: 'DIR',
    group: 'Other',
    description: 'Snapshots and reports (default: .gpt-migrate)',
  },
  {
    name: 'keep-days',
    value: 'N',
    group: 'Other',
    description: 'Days to keep snapshots as a fallback (default: 14)',
  },
  {
    name: 'run',
    value: 'NAME',
    group: 'Other',
    description: 'verify, export, rollback, rejects: an earlier run (default: the last)',
  },
  {
    name: 'force',
    value: 'DATABASE',
    group: 'Other',
    description: "rollback: although rows have changed; type the target database's name",
  },
  {
    name: 'level',
    value: 'LEVEL',
    choices: ['count', 'checksum', 'full'],
    group: 'Other',
    description: 'verify: count, checksum or full, as --verify',
  },
  { name: 'repair', group: 'Other', description: 'verify: reload the blocks that differ, then verify again' },
  { name: 'rows', value: 'N', group: 'Other', description: 'demo: rows in all (default: 50000)' },
  {
    name: 'folder',
    value: 'DIR',
    group: 'Other',
    description: 'demo: where to put the sample databases (default: gpt-migrate-demo)',
  },
  {
    name: 'port',
    value: 'N',
    group: 'Other',
    description: 'Port of the embedded server (default: a free one)',
  },
  { name: 'help', short: 'h', group: 'Other', description: 'Show this help' },
  { name: 'version', short: 'V', group: 'Other', description: 'Show the version' },
] as const satisfies readonly OptionSpec[]

export type OptionName = (typeof optionSpecs)[number]['name']

export type CommandSpec = { readonly name: string; readonly arguments: string; readonly description: string }

export const commandSpecs = [
  { name: 'inspect', arguments: '[PATH…]', description: 'what is in the databases, down to the values' },
  { name: 'plan', arguments: '', description: 'what a run would do; --sql prints the DDL, --json the plan' },
  {
    name: 'verify',
    arguments: '',
    description: 'compare the target of an earlier run with its snapshots again',
  },
  {
    name: 'rejects',
    arguments: 'list|export|retry [FILE]',
    description: 'the rows in quarantine; retry loads them, with the edits of an exported FILE',
  },
  {
    name: 'export',
    arguments: '',
    description: 'the way back: SQLite databases from the target alone; needs --to-sqlite DIR',
  },
  { name: 'rollback', arguments: '', description: 'remove what a run created' },
  { name: 'status', arguments: '', description: 'the runs that the target knows of' },
  {
    name: 'mappings',
    arguments: 'show NAME',
    description: 'print a built-in mapping as a file to start your own from',
  },
  { name: 'demo', arguments: '', description: 'sample databases into an embedded PostgreSQL' },
  { name: 'serve', arguments: 'DIR', description: 'start the embedded server kept in DIR again' },
] as const satisfies readonly CommandSpec[]

export type CommandName = (typeof commandSpecs)[number]['name']
