/**
 * The options that several commands share, and those of the run. Invariant: an option is declared once, here or in the file of the only
 * command that has it, and a command takes exactly the options that it names.
 */
import { optionRules } from '../library/option-rules.ts'
import { named } from './command.ts'
import {
  choice,
  choiceOr,
  flag,
  list,
  ruled,
  ruledOr,
  text,
  textOr,
  wholeNumber,
  wholeNumberOr,
} from './option-kinds.ts'
import { asOption, epochOption } from './pair-options.ts'
import { printableTarget } from './printable-target.ts'

export const options = named({
  source: list({
    short: 's',
    value: 'PATH',
    completes: 'files',
    group: 'What to move',
    description: 'A database, a folder to search, or a dump (.sql, .sql.gz); may be repeated (default: .)',
  }),
  as: asOption,
  mapping: ruled(optionRules.mapping, {
    value: 'NAME',
    completes: 'mappings',
    group: 'What to move',
    description:
      'The mapping: gpt-trader, auto, or a file FILE.yaml (default: gpt-trader when its files are found)',
  }),
  plan: text({
    value: 'FILE',
    completes: 'files',
    group: 'What to move',
    description: 'Run the plan in FILE, as plan --out FILE wrote it',
  }),
  trustMapping: flag({
    seldom: true,
    group: 'What to move',
    description: 'Accept SQL of the mapping or plan file that calls functions outside the list',
  }),
  exclude: list({
    value: 'TABLE',
    completes: 'tables',
    group: 'What to move',
    description: 'Leave a table out: table or database/table',
  }),
  allowMissing: flag({
    seldom: true,
    group: 'What to move',
    description: 'Continue when some of the six databases are missing',
  }),
  views: flag({
    group: 'What to move',
    description: 'Also create the views that can be translated and return the same rows',
  }),
  salvage: flag({
    seldom: true,
    group: 'What to move',
    description: 'Move what can be read of a damaged database',
  }),
  target: text({
    short: 't',
    value: 'URL',
    group: 'Where to',
    description: 'postgres://…, or embedded[:DIR] (default: DATABASE_URL, then PG* variables)',
    printed: printableTarget,
  }),
  role: text({
    seldom: true,
    value: 'NAME',
    group: 'Where to',
    description: 'Work in the target as this role (SET ROLE)',
  }),
  schema: ruled(optionRules.schema, {
    value: 'NAME',
    group: 'Where to',
    description: 'Target schema of the automatic mapping',
  }),
  into: choice(optionRules.into, {
    seldom: true,
    value: 'one',
    group: 'Where to',
    description: 'one: tables with one name in several databases become one, with a column for the origin',
  }),
  jsonText: choice(optionRules.jsonText, {
    seldom: true,
    value: 'string',
    group: 'How',
    description: 'With --data-only: text that is not JSON becomes a JSON string',
  }),
  dataOnly: flag({
    group: 'Where to',
    description: 'Fill existing tables, by name; create none',
  }),
  append: flag({
    seldom: true,
    group: 'Where to',
    description: 'With --data-only: add to tables that already have rows',
  }),
  truncate: text({
    seldom: true,
    value: 'DATABASE',
    group: 'Where to',
    description: "With --data-only: empty the tables first; type the target database's name",
    again: false,
  }),
  keepRunning: flag({
    seldom: true,
    group: 'Where to',
    description: 'Leave the embedded server running after the run',
  }),
  startOver: text({
    seldom: true,
    value: 'DATABASE',
    group: 'Where to',
    description: "Roll an unfinished run back instead of resuming it; type the target database's name",
    again: false,
  }),
  yes: flag({ short: 'y', group: 'How', description: 'Run without questions', again: false }),
  follow: flag({
    group: 'How',
    description: 'After the run, follow what is written to the sources, until it is stopped',
  }),
  dryRun: flag({
    group: 'How',
    description: 'Stop after the plan; write nothing to the target',
    again: false,
  }),
  verify: choiceOr('checksum', optionRules.verify, {
    value: 'LEVEL',
    group: 'How',
    description: 'none, count, checksum or full (default: checksum)',
  }),
  jobs: wholeNumber(optionRules.jobs, {
    short: 'j',
    value: 'N',
    group: 'How',
    description: 'Workers (default: the number of cores)',
  }),
  epoch: epochOption,
  timezone: ruledOr('UTC', optionRules.timezone, {
    seldom: true,
    value: 'ZONE',
    group: 'How',
    description: 'Zone of times without one (default: UTC)',
  }),
  orphans: choiceOr('keep', optionRules.orphans, {
    value: 'FATE',
    group: 'How',
    description: 'Rows whose parent row does not exist: keep, quarantine or fail (default: keep)',
  }),
  unmapped: choiceOr('add', optionRules.unmapped, {
    seldom: true,
    value: 'FATE',
    group: 'How',
    description: 'Columns without a target: add, archive, drop or fail (default: add)',
  }),
  onOverflow: choiceOr('widen', optionRules.onOverflow, {
    seldom: true,
    value: 'FATE',
    group: 'How',
    description: 'Values too large for the planned type: widen it, or quarantine (default: widen)',
  }),
  onReject: choiceOr('quarantine', optionRules.onReject, {
    value: 'FATE',
    group: 'How',
    description: 'Rows that cannot be moved: quarantine or fail (default: quarantine)',
  }),
  identifiers: choiceOr('keep', optionRules.identifiers, {
    seldom: true,
    value: 'STYLE',
    group: 'How',
    description: 'Names in the automatic mapping: keep or snake_case (default: keep)',
  }),
  timeseries: choiceOr('auto', optionRules.timeseries, {
    seldom: true,
    value: 'KIND',
    group: 'How',
    description:
      'Time series: native partitions or timescaledb hypertables (default: auto, hypertables where TimescaleDB is loaded)',
  }),
  distribute: choice(optionRules.distribute, {
    seldom: true,
    value: 'KIND',
    group: 'How',
    description:
      'Tables on a Citus server: auto proposes which are spread and which copied to every node; none makes ordinary ones (default: as the mapping file says)',
  }),
  search: flag({
    seldom: true,
    group: 'How',
    description: 'Make tsvector columns with GIN indexes where SQLite has full-text tables',
  }),
  searchLanguage: textOr('simple', {
    seldom: true,
    value: 'NAME',
    group: 'How',
    description: 'Text search configuration of --search, such as english (default: simple)',
  }),
  columnstore: ruled(optionRules.columnstore, {
    seldom: true,
    value: 'AFTER',
    group: 'How',
    description: "Convert hypertables' chunks older than AFTER ('7 days') to the columnstore, once proven",
  }),
  retention: ruled(optionRules.retention, {
    seldom: true,
    value: 'AFTER',
    group: 'How',
    description:
      "DELETE rows of hypertables older than AFTER ('2 years'), for the first time a day after the proven run",
  }),
  strictTypes: flag({
    seldom: true,
    group: 'How',
    description: 'Quarantine what does not fit a declared type instead of widening it',
  }),
  int4WhenFits: flag({
    seldom: true,
    group: 'How',
    description: 'Use integer instead of bigint where all values fit',
  }),
  exact: flag({
    group: 'How',
    description: 'Keep originals of normalized and rounded cells in the archive',
  }),
  json: flag({
    group: 'Output',
    description: 'Print the answer as JSON',
    again: false,
  }),
  plain: flag({
    seldom: true,
    group: 'Output',
    description: 'Plain lines instead of the wizard or a live display',
    again: false,
  }),
  report: ruled(optionRules.report, {
    value: 'FILE',
    completes: 'files',
    group: 'Output',
    description: 'Also write the report here: .json, .md or .html',
  }),
  out: text({
    value: 'FILE',
    completes: 'files',
    group: 'Output',
    description: 'Write it to FILE instead of printing it',
  }),
  workFolder: textOr('.gpt-migrate', {
    seldom: true,
    value: 'DIR',
    completes: 'folders',
    group: 'Other',
    description: 'Snapshots and reports (default: .gpt-migrate)',
  }),
  keepDays: wholeNumberOr(14, optionRules.keepDays, {
    seldom: true,
    value: 'N',
    group: 'Other',
    description: 'Days to keep snapshots as a fallback (default: 14)',
  }),
  run: text({
    value: 'NAME',
    completes: 'runs',
    group: 'Other',
    description: 'An earlier run (default: the last)',
  }),
  port: wholeNumber(optionRules.port, {
    seldom: true,
    value: 'N',
    group: 'Other',
    description: 'Port of the embedded server (default: a free one)',
  }),
})
