import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openWritable } from '../../../src/engine/source/base/sqlite.ts'
import { connect } from '../../../src/engine/target/connection/connection.ts'
import { anyServer, freshDatabase } from '../../support/databases.ts'
import { temporaryFolder } from '../../support/folders.ts'
import { runForTest } from '../../support/run.ts'

const text = readFileSync(new URL('../../../docs/mapping-files.md', import.meta.url), 'utf8')
const examples = [...text.matchAll(/<!-- example (\w+) -->\n```yaml\n([\s\S]*?)```/g)]

it('the document has its examples', () => {
  expect(examples.map(([, name]) => name)).toEqual(['mapping', 'designed'])
})

it.each(examples.map(([, name, yaml]) => [name!, yaml!]))(
  'the example %s moves a shop',
  async (name, yaml) => {
    const folder = temporaryFolder()
    const db = openWritable(join(folder, 'shop.db'))
    db.exec(`
    create table customers (id integer primary key, name text, joined integer, secret text);
    create table orders (id integer primary key, customer_id integer references customers (id), total real, state text);
    create table order_lines (id integer primary key, order_id integer, sku text);
    create table junk (x);
    insert into customers values (1, 'Ann', 1700000000, 's'), (2, 'Bob', null, 't');
    insert into orders values (1, 1, 1.5, 'open'), (2, 2, 2.25, 'shut'), (3, 1, 10, 'void');
    insert into order_lines values (1, 1, 'a'), (2, 1, 'b'), (3, 3, 'c');
    insert into junk values (1);`)
    db.close()
    const file = join(folder, `${name}.yaml`)
    writeFileSync(file, yaml)
    const database = await freshDatabase(anyServer().url)
    const connection = await connect(database.address)
    try {
      const { report } = await runForTest({
        sources: [join(folder, 'shop.db')],
        url: database.url,
        workFolder: join(folder, 'work'),
        request: { mapping: { file }, verifyLevel: 'full' },
      })
      expect(report?.verify.differences).toEqual([])
      expect(report?.status).toBe('ok')
      const { rows } = await connection.query<Record<string, unknown>>(
        'select row_to_json(o) as o from sales.orders o order by id',
      )
      const orders = rows.map(({ o }) => o)
      if (name === 'mapping') {
        expect(orders).toEqual([
          { id: 1, customer_id: 1, total: 1.5, state: 'open', label: 'OPEN-1' },
          { id: 2, customer_id: 2, total: 2.25, state: 'shut', label: 'SHUT-2' },
        ])
        const people = await connection.query(
          'select name, joined_at::text, origin from sales.customers order by id',
        )
        expect(people.rows).toEqual([
          { name: 'Ann', joined_at: '2023-11-14 22:13:20+00', origin: 'shop' },
          { name: 'Bob', joined_at: null, origin: 'shop' },
        ])
      } else {
        expect(orders).toMatchObject([
          { id: 1, customer: 1, state: 'open', lines: [{ sku: 'a' }, { sku: 'b' }] },
          { id: 2, customer: 2, state: 'closed', lines: null },
          { id: 3, customer: 1, state: 'void', lines: [{ sku: 'c' }] },
        ])
      }
    } finally {
      await connection.end()
      await database.drop()
    }
  },
)
