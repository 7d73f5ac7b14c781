/**
 * The journal's tables: schema `gpt_migrate` in the target. People read it, so every table and column has a comment. Invariant: every change
 * here increases `JOURNAL_VERSION`.
 *
 * Documents are `json`, not `jsonb`, because `json` keeps the original text and accepts escapes of U+0000 and of lone surrogates, which names
 * and samples of a source may contain. Keys have a digest beside them, because an index entry holds at most 2,704 bytes.
 */
export const JOURNAL_VERSION = 5

/** The oldest journal that can be read, and that `JOURNAL_UPGRADE` makes current. */
export const OLDEST_JOURNAL = 2

export const JOURNAL_TABLES = [
  'forward',
  'follow',
  'archive',
  'mended',
  'quarantine',
  'step',
  'writer',
  'earlier',
  'block',
  'run',
  'version',
] as const

/** Tables that exist while an application's changes are captured for the way back. */
export const CAPTURE_TABLES = ['changed', 'capture', 'capturing'] as const

const FOLLOW_DDL = `create table if not exists gpt_migrate.follow (
  run text primary key references gpt_migrate.run,
  state text not null check (state in ('following', 'fenced', 'switching', 'cut-over', 'fallen-back')),
  round bigint not null,
  epoch bigint not null,
  owner json,
  source_at timestamptz not null,
  applied_at timestamptz not null,
  inserted bigint not null default 0,
  updated bigint not null default 0,
  deleted bigint not null default 0,
  cut_over json
);
comment on table gpt_migrate.follow is 'Runs whose sources are followed: what was written after the snapshots, round by round.';
comment on column gpt_migrate.follow.state is 'fenced: the sources'' writers are kept out; switching: the command that starts the application has been started.';
comment on column gpt_migrate.follow.round is 'The last round whose rows are in the target; committed together with them.';
comment on column gpt_migrate.follow.epoch is 'Raised by every process that takes the following over; an older one writes nothing any more.';
comment on column gpt_migrate.follow.owner is 'The process that follows, and its server process.';
comment on column gpt_migrate.follow.source_at is 'The target is as the sources were at this moment.';
comment on column gpt_migrate.follow.cut_over is 'The cut-over: when, which processes, the command''s exit code, the proof.';
create table if not exists gpt_migrate.forward (
  run text not null references gpt_migrate.run,
  number integer not null,
  folder text not null,
  first_round bigint not null,
  pass text not null,
  snapshots json not null,
  begun_at timestamptz not null default now(),
  primary key (run, number)
);
comment on table gpt_migrate.forward is 'Files that an application was moved back to and is followed from since, in place of the run''s sources; the last one of a run counts.';
comment on column gpt_migrate.forward.folder is 'The folder of gpt-migrate fallback --to.';
comment on column gpt_migrate.forward.first_round is 'The round in the target when following went on from the files.';
comment on column gpt_migrate.forward.pass is 'What a session has to say to write to the tables while they are followed: gpt_migrate.pass.';
comment on column gpt_migrate.forward.snapshots is 'The files as they were when the application was moved back to them.';
`

const STATUS_CHECK = `constraint run_status_check
    check (status in ('creating', 'copying', 'indexing', 'verifying', 'finished', 'failed', 'removing'))`

const RUN_COMMENT = `comment on table gpt_migrate.run is
  'A migration. Rows with status creating, copying, indexing or verifying are unfinished and resumed by the next start; removing: gpt-migrate rollback was interrupted and is to be called again.';`

export const JOURNAL_UPGRADE = `
${FOLLOW_DDL}
alter table gpt_migrate.run drop constraint if exists run_status_check, add ${STATUS_CHECK};
${RUN_COMMENT}
update gpt_migrate.version set number = ${JOURNAL_VERSION};
`

export const JOURNAL_DDL = `
create schema gpt_migrate;
comment on schema gpt_migrate is
  'Journal of gpt-migrate: what was moved from SQLite, block by block. Not needed by applications; removed by gpt-migrate rollback.';

create table gpt_migrate.version (
  number integer primary key
);
comment on table gpt_migrate.version is 'Version of these tables; one row.';

create table gpt_migrate.run (
  run text primary key,
  format_version integer not null,
  program_version text not null,
  plan_hash text not null,
  plan json not null,
  catalogs json not null,
  snapshots json not null,
  created json not null,
  status text not null ${STATUS_CHECK},
  started_at timestamptz not null,
  finished_at timestamptz
);
${RUN_COMMENT}
comment on column gpt_migrate.run.program_version is 'Version of gpt-migrate that began the run.';
comment on column gpt_migrate.run.plan_hash is 'Hash of the plan: a run is resumed with the same plan only.';
comment on column gpt_migrate.run.plan is 'The whole plan: tables, columns, conversions, schema, findings.';
comment on column gpt_migrate.run.catalogs is 'Structure of the source databases as it was.';
comment on column gpt_migrate.run.snapshots is 'The snapshots that were read, with their SHA-256.';
comment on column gpt_migrate.run.created is 'Objects that the run created; rollback removes them and nothing else.';

create table gpt_migrate.block (
  run text not null references gpt_migrate.run,
  table_id text collate "C" not null,
  number integer not null,
  after_key json,
  through_key json,
  rows_before bigint not null,
  rows bigint not null,
  target_rows bigint,
  bytes bigint,
  checksum text,
  sources json,
  columns json,
  done_at timestamptz,
  primary key (run, table_id, number)
);
comment on table gpt_migrate.block is 'A key range of one source table, copied in one transaction together with this row''s outcome.';
comment on column gpt_migrate.block.table_id is 'Source database and table.';
comment on column gpt_migrate.block.after_key is 'The range begins after this key; null: at the first row.';
comment on column gpt_migrate.block.through_key is 'The range ends with this key; null: at the last row.';
comment on column gpt_migrate.block.rows_before is 'Source rows of the table before the range.';
comment on column gpt_migrate.block.rows is 'Source rows in the range.';
comment on column gpt_migrate.block.target_rows is 'Rows written to the target table.';
comment on column gpt_migrate.block.bytes is 'Bytes sent.';
comment on column gpt_migrate.block.checksum is '128-bit sum of the hashes of the rows as sent, 32 hexadecimal digits.';
comment on column gpt_migrate.block.sources is 'Source rows accounted for: read, held, quarantined, excluded.';
comment on column gpt_migrate.block.columns is 'How the cells of each column came over: exact, normalized, rounded.';
comment on column gpt_migrate.block.done_at is 'When the block was committed; null: not yet.';

create table gpt_migrate.step (
  run text not null references gpt_migrate.run,
  number integer not null,
  primary key (run, number)
);
comment on table gpt_migrate.step is 'Statements after the load (keys, indexes, constraints) that were executed.';

create table gpt_migrate.writer (
  run text not null references gpt_migrate.run,
  written_at timestamptz not null default now()
);
comment on table gpt_migrate.writer is 'A row for each transaction that wrote rows of the run. Its xmin is theirs: rows of any other were written by others.';

create table gpt_migrate.earlier (
  run text not null references gpt_migrate.run,
  target text not null,
  rows bigint not null,
  sum text not null,
  primary key (run, target)
);
comment on table gpt_migrate.earlier is 'Rows that a filled table held before the run (--append), and that a table which Citus keeps held after it: they are to stay as they were.';
comment on column gpt_migrate.earlier.target is 'Schema and table.';
comment on column gpt_migrate.earlier.sum is 'Two sums of 64-bit hashes of the rows as text.';

create table gpt_migrate.quarantine (
  run text not null references gpt_migrate.run,
  table_id text collate "C" not null,
  block integer not null,
  ordinal bigint not null,
  key json not null,
  key_digest bytea not null,
  cells json not null,
  "column" text,
  code text not null,
  reason text not null,
  primary key (run, table_id, ordinal, key_digest)
);
comment on table gpt_migrate.quarantine is 'Source rows that the target cannot hold, whole and with their storage classes. See gpt-migrate rejects.';
comment on column gpt_migrate.quarantine.ordinal is 'Number of the row in key order, from 1.';
comment on column gpt_migrate.quarantine.key_digest is 'SHA-256 of the key as text.';
comment on column gpt_migrate.quarantine.cells is 'The row: storage class and value of each source column.';
comment on column gpt_migrate.quarantine."column" is 'The target or source column that refused; null: the row as a whole.';
comment on column gpt_migrate.quarantine.code is 'Stable code of the reason.';

create table gpt_migrate.archive (
  run text not null references gpt_migrate.run,
  table_id text collate "C" not null,
  block integer not null,
  ordinal bigint not null,
  key json not null,
  key_digest bytea not null,
  kind text not null check (kind in ('cells', 'members')),
  rows json not null,
  target_row text,
  primary key (run, table_id, ordinal, key_digest)
);
comment on table gpt_migrate.archive is 'What a target row cannot hold of its source rows: the originals of their cells, for the way back.';
comment on column gpt_migrate.archive.ordinal is 'Number of the source row in key order, from 1.';
comment on column gpt_migrate.archive.key_digest is 'SHA-256 of the key as text.';
comment on column gpt_migrate.archive.kind is 'cells: of one source row; members: of the source rows that became one target row.';
comment on column gpt_migrate.archive.target_row is 'Hash by which the target row is found; null: the key names it.';

${FOLLOW_DDL}
create table gpt_migrate.mended (
  run text not null references gpt_migrate.run,
  table_id text collate "C" not null,
  ordinal bigint not null,
  cells json not null,
  originals json not null,
  primary key (run, table_id, ordinal)
);
comment on table gpt_migrate.mended is 'Rows that were loaded out of quarantine with edited cells: verification takes these for the source''s.';
comment on column gpt_migrate.mended.ordinal is 'Number of the source row in key order, from 1.';
comment on column gpt_migrate.mended.cells is 'The edited cells.';
comment on column gpt_migrate.mended.originals is 'The same cells as the source has them.';

insert into gpt_migrate.version (number) values (${JOURNAL_VERSION});
`
