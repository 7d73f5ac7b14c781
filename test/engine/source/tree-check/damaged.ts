/** Databases with every kind of page, and what a fault of a disk, of a copy or of a program can do to their bytes. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { temporaryFile } from '../../../support/folders.ts'
import { createDatabase } from '../pages/support.ts'

export type Whole = {
  readonly pageSize: number
  readonly autoVacuum: number
  readonly reserved: number
  /** Rows of its largest table: of some hundred, and every hundredth spills over. */
  readonly rows: number
  readonly seed: number
}

export const anyWhole: fc.Arbitrary<Whole> = fc.record({
  pageSize: fc.constantFrom(512, 512, 512, 1024, 1024, 4096, 8192, 65536),
  autoVacuum: fc.constantFrom(0, 0, 1, 2),
  reserved: fc.constantFrom(0, 0, 0, 32),
  rows: fc.constantFrom(0, 1, 20, 150, 400, 900),
  seed: fc.nat({ max: 1_000_000 }),
})

/** The bytes of a database that is whole. */
export function makeWhole({ rows, seed, ...options }: Whole): Buffer {
  const file = temporaryFile()
  const db = createDatabase(file, options)
  // As long as the seed is the same, so are the values.
  const text = `substr(hex(i * ${seed + 7} % 9973) || hex(zeroblob(20)), 1, abs(i * ${seed + 13} % 37))`
  const numbers = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows}) insert into`
  db.exec(`
    create table t (id integer primary key, a text not null, b real, c numeric check (c is not 377), d);
    create index t_a on t (a, c);
    create table k (a text, b integer, c blob, primary key (a, b)) without rowid;
    create unique index k_b on k (b desc) where b > 3;
    create index k_c on k (c);
    create table s (a integer primary key autoincrement, b text unique, c int as (length(b)) stored) strict;
    create table far (a);
    create table none (a, b primary key);
    create view v as select a from t;
    create trigger g after delete on far begin select 1; end;
  `)
  if (rows === 0) {
    db.close()
    return readFileSync(file)
  }
  db.exec(`
    ${numbers} t select (i * 37) % ${rows + 1}, ${text}, i * 0.25, i % 300, iif(i % 100 = 3, zeroblob(i * 97 % 9000), i) from n where true on conflict do nothing;
    ${numbers} k select ${text}, i, iif(i % 60 = 1, zeroblob(3000), ${text}) from n;
    ${numbers} s (b) select 'entry ' || i from n where i % 5 = 0;
    insert into far (rowid, a) values (-9223372036854775808, 1), (-1, 'x'), (0, null), (9223372036854775807, zeroblob(700));
    update t set a = a || 'longer' where id % 7 = 1;
    update t set a = '' where id % 11 = 2;
    delete from t where id % ${3 + (seed % 5)} = 0;
    delete from k where b % 9 = 1;
  `)
  if (seed % 3 === 0) {
    db.exec(`
      create virtual table f using fts5(body); insert into f select a from t limit 90;
      create virtual table r using rtree(id, low, high); insert into r select id, id, id + 1 from t limit 120;
    `)
  }
  if (seed % 4 === 0) db.exec('vacuum')
  db.close()
  return readFileSync(file)
}

/** The bytes of a small database in which every byte can be changed: with each kind of page, and rowids without gaps. */
export function makeSmall(): Buffer {
  const file = temporaryFile()
  const db = createDatabase(file, { pageSize: 512, autoVacuum: 2 })
  db.exec(`
    create table t (id integer primary key, a);
    create index t_a on t (a);
    create table k (a primary key, b) without rowid;
    create table gone as with recursive n(i) as (select 1 union all select i + 1 from n where i < 60) select hex(i) from n;
    insert into t (a) select substr('some text', i.rowid % 9) || i.rowid from gone i;
    insert into t values (100, zeroblob(1200));
    insert into k select a, id from t where id < 30;
    update t set a = 'x' where id % 20 = 5;
    drop table gone;
  `)
  db.close()
  return readFileSync(file)
}

/** Bytes that are written at a place. */
type Patch = { readonly at: number; readonly bytes: Uint8Array }

/** One fault or two in a whole database's bytes. */
export function anyDamage(whole: Buffer, pageSize: number): fc.Arbitrary<Buffer> {
  return fc.array(fc.oneof(...patches(whole, pageSize)), { minLength: 1, maxLength: 2 }).chain((faults) =>
    fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: anyEnd }).map((end) => {
      const damaged = Buffer.from(whole)
      for (const { at, bytes } of faults.flat())
        if (at < damaged.length) damaged.set(bytes.subarray(0, damaged.length - at), at)
      return end === null ? damaged : endElsewhere(damaged, pageSize, end)
    }),
  )
}

/** The end is missing, or there is more after it, with the header's number of pages as it was or not. */
const anyEnd = fc.record({
  pages: fc.integer({ min: -2, max: 2 }),
  bytes: fc.constantFrom(0, 0, 0, 17),
  isCounted: fc.boolean(),
})
function endElsewhere(
  bytes: Buffer,
  pageSize: number,
  end: typeof anyEnd extends fc.Arbitrary<infer T> ? T : never,
): Buffer {
  const size = Math.max(pageSize, bytes.length + end.pages * pageSize + end.bytes)
  const damaged = Buffer.alloc(size)
  bytes.copy(damaged)
  if (end.isCounted) damaged.writeUInt32BE(Math.floor(size / pageSize), 28)
  return damaged
}

function patches(whole: Buffer, pageSize: number): fc.Arbitrary<Patch[]>[] {
  const pages = whole.length / pageSize
  const page = fc.nat({ max: pages - 1 })
  const headOf = (number: number): number => number * pageSize + (number === 0 ? 100 : 0)
  const bytesOf = (number: number): Uint8Array => whole.subarray(number * pageSize, (number + 1) * pageSize)
  /** A cell of a b-tree page, or where one would be. */
  const cellOf = (number: number, cell: number): number => {
    const head = headOf(number)
    const cells = whole.readUInt16BE(head + 3)
    const pointer = head + (whole[head]! >= 10 ? 8 : 12) + 2 * (cell % (cells + 1))
    return number * pageSize + (pointer + 2 <= whole.length ? whole.readUInt16BE(pointer) : 0)
  }
  const place = fc.oneof(
    fc.nat({ max: whole.length - 1 }),
    // A page's header, or its first pointers; the next page of a list; a pointer map.
    fc.tuple(page, fc.nat({ max: 40 })).map(([number, offset]) => headOf(number) + offset),
    // A cell's size, rowid, child, or the beginning of its record.
    fc
      .tuple(page, fc.nat(), fc.nat({ max: 14 }))
      .map(([number, cell, offset]) => cellOf(number, cell) + offset),
    fc
      .tuple(page, fc.nat(), fc.nat({ max: 5 }))
      .map(([number, cell, offset]) => cellOf(number, cell) + offset),
    // The file's header, the schema.
    fc.nat({ max: Math.min(pageSize, 600) - 1 }),
  )
  const pageNumber = fc.nat({ max: pages + 1 }).map((number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(number)
    return bytes
  })
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
    pageNumber,
    fc.constantFrom(Buffer.of(0), Buffer.of(0xff), Buffer.of(0, 0), Buffer.alloc(5, 0xff)),
  )
  return [
    fc
      .tuple(place, fc.nat({ max: 7 }))
      .map(([at, bit]) => [{ at, bytes: Buffer.of((whole[at] ?? 0) ^ (1 << bit)) }]),
    fc
      .tuple(place, fc.constantFrom(1, 255))
      .map(([at, more]) => [{ at, bytes: Buffer.of((whole[at] ?? 0) + more) }]),
    fc.record({ at: place, bytes }).map((patch) => [patch]),
    // A page in place of another one, two that changed places, one of zeros.
    fc.tuple(page, page).map(([one, other]) => [{ at: one * pageSize, bytes: bytesOf(other) }]),
    fc.tuple(page, page).map(([one, other]) => [
      { at: one * pageSize, bytes: bytesOf(other) },
      { at: other * pageSize, bytes: bytesOf(one) },
    ]),
    page.map((number) => [{ at: number * pageSize, bytes: Buffer.alloc(pageSize) }]),
  ]
}
