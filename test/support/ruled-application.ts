/**
 * Arbitrary application tables with rules of every kind, and a SQLite file whose rows keep and break them. Values are few, so that keys
 * collide, references miss and checks fail.
 */
import fc from 'fast-check'

type RuledApplication = {
  /** SQL that creates the target's tables and their existing rows. */
  readonly target: string
  /** SQL that creates the source's tables and rows. */
  readonly source: string
  readonly append: boolean
}

const small = fc.integer({ min: -2, max: 9 })
const number = fc.oneof(
  { weight: 5, arbitrary: small },
  fc.constantFrom('null', '1.5', "'x'", "'7'", '70000', '3000000000'),
)
const text = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("'a'", "'A'", "'b'", "'B '", "'ä'", "''") },
  fc.constantFrom(
    'null',
    '5',
    "x'00ff'",
    "'a' || char(0)",
    "'longer than ten'",
    "replace(hex(randomblob(1700)), '0', 'é')",
  ),
)
const time = fc.constantFrom(
  'null',
  "'2025-01-01 10:00:00.5'",
  "'2025-02-30'",
  "'2025-03-01'",
  "'soon'",
  '1735725600',
)

const parentRow = fc.tuple(small, text, text, number, number, number)
const childRow = fc.tuple(number, number, text, number, time)

/** Rules by which the server refuses rows of the parent. */
const parentRules = fc.subarray([
  'unique (code)',
  'unique (code, name) deferrable initially deferred',
  'check (quantity > 0)',
  "check (name <> 'b')",
  'check (100 / quantity < 60)',
  'exclude using btree (quantity with =)',
  'check (twice < 14)',
])
const parentIndexes = fc.subarray([
  'create unique index on public.parent (lower(name));',
  'create unique index on public.parent (name) where quantity > 3;',
  'create index on public.parent (name, code);',
])
const childRules = fc.subarray([
  'foreign key (boss) references public.child (id)',
  'foreign key (other) references public.elsewhere (id)',
  'foreign key (parent_id) references public.parent (id) on delete cascade',
  'unique (parent_id, label)',
  'check (label is not null or boss is null)',
])

export const ruledApplication: fc.Arbitrary<RuledApplication> = fc
  .record({
    append: fc.boolean(),
    parentRules,
    parentIndexes,
    childRules,
    quantity: fc.constantFrom('integer', 'public.small_number', 'numeric(6,2)', 'smallint'),
    name: fc.constantFrom('text', 'varchar(10)', 'public.short_text', 'char(10)'),
    at: fc.constantFrom('timestamptz', 'timestamp(0)', 'date'),
    isPartitioned: fc.boolean(),
    /** A key of the parent that refers to its children, so that the two form a cycle. */
    favourite: fc.constantFrom(
      null,
      'foreign key (favourite) references public.child (id)',
      'foreign key (favourite) references public.child (id) deferrable',
      'unique (favourite), add foreign key (favourite) references public.child (id)',
    ),
    parents: fc.uniqueArray(parentRow, { maxLength: 25, selector: ([id]) => id }),
    children: fc.array(childRow, { maxLength: 40 }),
    there: fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.constantFrom("'a'", "'q'", 'null')), {
      maxLength: 4,
    }),
  })
  .map((any) => {
    const parentTable = `create table public.parent (id integer primary key, name ${any.name}, code text not null default '?', quantity ${any.quantity},
      extra double precision, favourite integer, added timestamptz default now(), twice numeric generated always as (quantity * 2) stored${any.parentRules.map((rule) => `, ${rule}`).join('')});`
    const childTable = `create table public.child (id integer ${any.isPartitioned ? '' : 'primary key'}, parent_id integer, label varchar(12), boss integer,
      other integer, at ${any.at}${any.childRules
        .filter((rule) => !any.isPartitioned || !/boss\)|unique/.test(rule))
        .map((rule) => `, ${rule}`)
        .join('')})${any.isPartitioned ? ' partition by range (parent_id)' : ''};
      ${any.isPartitioned ? 'create table public.child_1 partition of public.child for values from (0) to (6); create table public.child_2 partition of public.child for values from (6) to (100);' : ''}`
    const there = any.append
      ? `${any.there.map(([id, name]) => `do $$ begin insert into public.parent (id, name, code, quantity) values (${id}, ${name}, 'c${id}', ${(id % 3) + 2}); exception when integrity_constraint_violation then null; end $$;`).join('\n')}`
      : ''
    const target = `create domain public.small_number as integer check (value < 8);
      create domain public.short_text as varchar(10) check (value <> 'a');
      create table public.elsewhere (id integer primary key); insert into public.elsewhere values (1), (2), (3);
      ${parentTable} ${any.parentIndexes.join(' ')} ${childTable}
      ${any.favourite === null || any.isPartitioned ? '' : `alter table public.parent add ${any.favourite};`} ${there}`
    const rows = (table: string, all: readonly string[]): string =>
      all.map((values) => `insert into ${table} values (${values});`).join('\n')
    const source = `create table parent (id integer primary key, name, code text, quantity, extra, favourite);
      create table child (id integer primary key, parent_id, label text, boss, other, at timestamp);
      ${rows(
        'parent',
        any.parents.map((values) => values.join(', ')),
      )}
      ${rows(
        'child',
        any.children.map(([parent, boss, label, other, at], index) =>
          [index, parent, label, boss, other, at].join(', '),
        ),
      )}`
    return { target, source, append: any.append }
  })
