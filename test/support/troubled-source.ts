/** A small database with everything that a run can be interrupted in: several blocks, refused rows, keys, constraints. */
import { join } from 'node:path'
import Database from 'better-sqlite3'

/** The rows of `many`: three blocks of the usual size. */
const manyRows = 100_010

/** The number of rows that PostgreSQL can't hold: two in the first block of `many`, one in its last, one in `orders`. */
export const refusedRows = 4

export function writeTroubledSource(folder: string, rows = manyRows): string {
  const file = join(folder, 'troubled.db')
  const db = new Database(file)
  try {
    db.pragma('synchronous = off')
    db.exec(`
      create table customers (id integer primary key autoincrement, name text not null unique, since datetime);
      create table orders (
        id integer primary key,
        customer_id integer references customers (id),
        amount numeric(10, 2),
        note text,
        check (amount >= 0)
      );
      create index orders_by_customer on orders (customer_id);
      create table many (note text, value real);
      create index many_by_value on many (value) where value > 10;
      create table pairs (a text, b integer, c blob, primary key (a, b)) without rowid;
      begin;
      insert into customers (name, since) values ('Ada', '2025-01-01 10:00:00'), ('Bob', '2025-02-01'), ('Cy', null);
      insert into orders values (1, 1, 10, 'plain'), (2, 2, 0.5, null), (3, 1, 7, 'a' || char(0) || 'b'), (4, null, null, '');
      insert into pairs values ('x', 1, x'00ff'), ('x', 2, null), ('y', 1, x'');
      with recursive n (i) as (select 1 union all select i + 1 from n where i < ${rows})
      insert into many select 'row ' || i, i / 3.0 from n;
      update many set note = note || char(0) where rowid in (7, ${Math.floor(rows * 0.4)}, ${rows - 1});
      commit;`)
  } finally {
    db.close()
  }
  return file
}
