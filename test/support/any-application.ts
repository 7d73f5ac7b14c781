/** Arbitrary application schemas for the tables of an arbitrary database: PostgreSQL's types, constraints, triggers, rules. */
import fc from 'fast-check'
import { quoteIdentifier } from '../../src/engine/syntax/postgres-names.ts'
import type { AnyTable } from './any-database.ts'

const applicationTypes = [
  ...[
    'smallint',
    'integer',
    'bigint',
    'real',
    'double precision',
    'numeric',
    'numeric(5,2)',
    'numeric(3,-1)',
    'money',
  ],
  ...[
    'text',
    'varchar(3)',
    'char(4)',
    'public.citext',
    '"char"',
    'name',
    'bytea',
    'boolean',
    'bit(3)',
    'bit varying(5)',
  ],
  ...[
    'date',
    'time',
    'time(0)',
    'timetz',
    'timestamp',
    'timestamp(0)',
    'timestamptz',
    'timestamptz(3)',
    'interval',
    'interval(2)',
  ],
  ...[
    'uuid',
    'json',
    'jsonb',
    'xml',
    'inet',
    'cidr',
    'macaddr',
    'macaddr8',
    'pg_lsn',
    'oid',
    'xid',
    'regclass',
    'aclitem',
  ],
  ...[
    'point',
    'box',
    'circle',
    'polygon',
    'int4range',
    'numrange',
    'tstzrange',
    'tsvector',
    'tsquery',
    'jsonpath',
  ],
  ...[
    'integer[]',
    'text[]',
    'jsonb[]',
    'numeric(4,1)[]',
    'public.mood',
    'public.mood[]',
    'public.pair',
    'public.hstore',
  ],
  ...['public.positive', 'public.mail', 'public.span', 'public.moods'],
] as const

export const applicationGround = `
  create extension citext with schema public;
  create extension hstore with schema public;
  create type public.mood as enum ('a', 'A', '1', 'true');
  create type public.pair as (n integer, t text);
  create domain public.positive as integer check (value > 0);
  create domain public.mail as text not null check (value ~ '@');
  create domain public.span as int4range default 'empty';
  create domain public.moods as public.mood[];
  create function public.raising() returns trigger language plpgsql as $$
    begin if random() < 0.3 then raise exception 'not today'; end if; return new; end $$;
  create function public.skipping() returns trigger language plpgsql as $$ begin return null; end $$;
  create function public.writing() returns trigger language plpgsql as $$
    begin create temp table if not exists seen (a integer); insert into seen values (1); return null; end $$;`

/** `{table}` and `{column}` stand for a table of the source and its first column. */
const oddities = [
  'create trigger t before insert on {table} for each row execute function public.raising()',
  'create trigger t before insert on {table} for each row execute function public.skipping()',
  'create trigger t after insert on {table} for each row execute function public.writing()',
  'create trigger t after insert on {table} for each statement execute function public.writing()',
  'create rule r as on insert to {table} do instead nothing',
  'alter table {table} enable row level security; alter table {table} force row level security',
  'alter table {table} add column extra integer not null',
  'alter table {table} add column extra integer generated always as (1 / 1) stored',
  'alter table {table} add column extra integer generated always as identity',
  'alter table {table} add constraint odd check ({column} is null)',
  'alter table {table} add constraint odd unique ({column}) deferrable initially deferred',
  'alter table {table} add constraint odd exclude using btree ({column} with =)',
  'alter table {table} add constraint odd foreign key ({column}) references {table} deferrable',
  'create unique index on {table} ((length({column}::text)))',
  'create index on {table} ((1 / nullif(length({column}::text), 1)))',
  'alter table {table} alter column {column} set default 1 / 0',
  'alter table {table} alter column {column} add generated always as identity',
  'alter table {table} set unlogged',
  'create view of_it as select * from {table}; drop table {table}; ',
  'alter table {table} rename to moved; create view {table} as select * from moved',
] as const

type AnyApplication = {
  readonly types: readonly string[]
  readonly notNull: readonly boolean[]
  readonly hasKey: boolean
  readonly oddities: readonly string[]
}

export const anyApplication: fc.Arbitrary<AnyApplication> = fc.record({
  types: fc.array(fc.constantFrom(...applicationTypes), { minLength: 6, maxLength: 6 }),
  notNull: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
  hasKey: fc.boolean(),
  oddities: fc.array(fc.constantFrom(...oddities), { maxLength: 1 }),
})

/** The statements that make the table, each of which a server may refuse. */
export function applicationStatements(table: AnyTable, application: AnyApplication): string[] {
  const name = `public.${quoteIdentifier(table.name)}`
  const columns = table.columns.map(
    (column, index) =>
      `${quoteIdentifier(column.name)} ${application.types[index]}${application.notNull[index] ? ' not null' : ''}`,
  )
  const first = quoteIdentifier(table.columns[0]!.name)
  return [
    `create table ${name} (${columns.join(', ')})`,
    // Separate statements: not every type can be a key's, and without a table there is nothing to fill.
    ...(application.hasKey ? [`alter table ${name} add primary key (${first})`] : []),
    ...application.oddities.map((sql) => sql.replaceAll('{table}', name).replaceAll('{column}', first)),
  ]
}
