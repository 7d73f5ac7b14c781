import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MigrateError } from '../../../src/engine/model/errors.ts'
import { checkNames } from '../../../src/engine/plan-files/check-names.ts'
import { parseMapping, readMappingFile } from '../../../src/engine/plan-files/read-mapping.ts'
import { writeMapping } from '../../../src/engine/plan-files/write-mapping.ts'
import { openWritable } from '../../../src/engine/source/base/sqlite.ts'
import { gptTrader } from '../../../src/mappings/gpt-trader/index.ts'
import { dialects } from '../../mappings/dialects/index.ts'
import { inputOf, planOf } from '../../mappings/support/plan-of.ts'
import { temporaryFolder } from '../../support/folders.ts'

const folder = temporaryFolder()
const shop = join(folder, 'shop')
const db = (() => {
  const file = `${shop}.db`
  const made = openWritable(file)
  made.exec(`
    create table customers (id integer primary key, name text not null, email text unique, joined integer, secret text);
    create table orders (
      id integer primary key, customer_id integer references customers (id), total real, state text, note text);
    create table order_lines (id integer primary key, order_id integer, sku text, n integer);
    create table junk (x);
    insert into customers values (1, 'Ann', 'a@x', 1700000000, 's'), (2, 'Bob', null, 1700000001, 't');
    insert into orders values (1, 1, 1.5, 'open', null), (2, 2, 2.25, 'shut', 'x'), (3, 1, 10, 'void', null);
    insert into order_lines values (1, 1, 'a', 1), (2, 1, 'b', 2), (3, 2, 'c', 3);
    insert into junk values (1);`)
  made.close()
  return file
})()

const good = `
databases:
  shop.db:
    tables:
      customers:
        target: sales.customers
        rename: {joined: joined_at}
        leaveOut: {secret: passwords stay where they are}
        columns:
          joined_at: {type: timestamptz, conversion: {kind: timestamptz, zone: UTC, epoch: seconds, form: {storage: integer}}}
          origin: {type: text, constant: {text: shop}}
      orders:
        target: sales.orders
        filter: state <> 'void'
        columns:
          total: {type: 'numeric(12,2)'}
          label: {type: text, expression: "upper(state) || '-' || id"}
        indexes:
          orders_by_state: {on: [state, id desc]}
      junk: {exclude: nothing worth keeping}
`

function refusal(work: () => unknown): { message: string; hint: string | null; kind: string } {
  try {
    work()
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error
    return { message: error.message, hint: error.hint, kind: error.kind }
  }
  throw new Error('nothing was refused')
}

function check(text: string) {
  return refusal(() => {
    const file = parseMapping(text, 'm.yaml')
    using input = inputOf(folder)
    checkNames(file, input.catalogs, new Map())
  })
}

describe('round trip', () => {
  it.each(dialects.slice(0, 7).map((dialect) => [dialect.name, dialect] as const))(
    'the built-in mapping as a file makes the same plan for %s',
    (_, dialect) => {
      const sources = temporaryFolder()
      dialect.create(sources)
      const text = writeMapping(gptTrader)
      const { mapping } = parseMapping(text, 'gpt-trader.yaml')
      const { name, ...rest } = mapping
      expect(name).toMatch(/^gpt-trader [0-9a-f]{8}$/)
      const { name: _name, ...builtIn } = gptTrader
      expect(rest).toEqual(builtIn)
      const options = { allowMissing: true }
      const plan = planOf(sources, { mapping: { ...mapping, name: 'gpt-trader' }, options })
      expect(plan).toEqual(planOf(sources, { options }))
    },
  )

  it('is readable: a column is a line', () => {
    const text = writeMapping(gptTrader)
    expect(text).toMatch(/^ +quantity: \{aliases: \[qty, size/m)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(400)
  })
})

it('a column’s epoch says what its numbers count, whatever their size', () => {
  const unit = 'conversion: {kind: timestamptz, zone: UTC, epoch: seconds, form: {storage: integer}}'
  const text = good.replace(unit, 'epoch: milliseconds')
  expect(text).not.toBe(good)
  const plan = planOf(folder, { mapping: parseMapping(text, 'm.yaml').mapping })
  const customers = plan.tables.find(({ table }) => table === 'customers')!
  const joined =
    customers.fate.kind === 'copy'
      ? customers.fate.copy.columns.find(({ target }) => target === 'joined_at')?.from
      : null
  expect(joined).toMatchObject({
    column: 'joined',
    conversion: { kind: 'timestamptz', epoch: 'milliseconds' },
  })
  expect(check(good.replace(unit, 'epoch: fortnights')).message).toContain('fortnights')
})

describe('tables that the mapping names without designing them', () => {
  const { mapping } = parseMapping(good, 'm.yaml')
  const plan = planOf(folder, { mapping })

  it('are the source tables with names, types, filter and indexes of the mapping', () => {
    const orders = plan.schema.tables.find(({ table }) => table === 'orders')!
    expect(orders.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'id bigint',
      'customer_id bigint',
      'total numeric(12,2)',
      'state text',
      'note text',
      'label text',
    ])
    expect(orders.primaryKey?.columns).toEqual(['id'])
    expect(orders.foreignKeys.map(({ columns, references }) => [columns, references])).toEqual([
      [['customer_id'], { schema: 'sales', table: 'customers', columns: ['id'] }],
    ])
    expect(orders.indexes.map(({ name }) => name)).toContain('orders_by_state')
    const customers = plan.schema.tables.find(({ table }) => table === 'customers')!
    expect(customers.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'id bigint',
      'name text',
      'email text',
      'joined_at timestamp with time zone',
      'origin text',
    ])
    expect(customers.uniques.map(({ columns }) => columns)).toEqual([['email']])
    const fates = Object.fromEntries(plan.tables.map(({ table, fate }) => [table, fate.kind]))
    expect(fates).toEqual({ customers: 'copy', orders: 'copy', order_lines: 'copy', junk: 'exclude' })
  })
})

it('of a column that is left out, only what names it is left out with it', () => {
  const own = temporaryFolder()
  const made = openWritable(join(own, 'parts.db'))
  made.exec(`
    create table parts (
      id integer primary key, code text, code_size integer check (code_size > 0), label text check (label <> 'code'),
      size integer check (size <> 3 and length(code) > 0), unique (code), unique (code_size));
    create index sized on parts (size) where code_size > 1;
    create index coded on parts (size) where code > 'a';
    insert into parts values (1, 'a', 1, 'x', 1), (2, 'b', 2, 'y', 2)`)
  made.close()
  const parts = { parts: { target: 'public.parts', leaveOut: { code: 'a secret' } } }
  const databases = { 'parts.db': { tables: parts } }
  const plan = planOf(own, { mapping: { ...gptTrader, schemas: {}, databases } })
  const { columns, checks, indexes, uniques } = plan.schema.tables.find(({ table }) => table === 'parts')!
  expect(columns.map(({ name }) => name)).toEqual(['id', 'code_size', 'label', 'size'])
  expect(checks.map(({ expression }) => expression)).toEqual(['"code_size" > 0', `"label" <> 'code'`])
  expect(indexes.map(({ name }) => name)).toEqual(['sized'])
  expect(uniques.map((unique) => unique.columns)).toEqual([['code_size']])
})

describe('what is wrong is reported with its place', () => {
  const at = (from: string, to: string) => check(good.replace(from, to))

  it.each([
    [
      'target: sales.orders',
      'tagret: sales.orders',
      /^m\.yaml:13:9: .*takes no "tagret"/,
      'Did you mean target?',
    ],
    ['      orders:', '      ordrs:', /^m\.yaml:12:7: shop\.db has no table "ordrs"/, 'Did you mean orders?'],
    [
      'joined: joined_at',
      'joind: joined_at',
      /^m\.yaml:7:18: customers has no column "joind"/,
      'Did you mean joined?',
    ],
    [
      'secret: passwords',
      'secrets: passwords',
      /^m\.yaml:8:20: customers has no column "secrets"/,
      'Did you mean secret?',
    ],
    ['shop.db:', 'shp.db:', /^m\.yaml:3:3: Among the sources is no file "shp\.db"/, 'Did you mean shop.db?'],
    ["state <> 'void'", "sate <> 'void'", /^m\.yaml:14:17: .*no such column: sate/, null],
    ["state <> 'void'", 'random() > 0', /:14:17: .*non-deterministic/, null],
    ["state <> 'void'", "note < datetime('now')", /:14:17: .*depends on the time/, null],
    ["state <> 'void'", 'note < current_timestamp', /:14:17: /, null],
    ["state <> 'void'", 'id in (select 1)', /:14:17: .*subqueries/, null],
    ["state <> 'void'", '1) or (1', /:14:17: /, null],
    ["state <> 'void'", '1; drop table orders', /:14:17: /, null],
    ["state <> 'void'", '1, 2', /:14:17: .*more than one value/, null],
    [
      'kind: timestamptz',
      'kind: timestamp_tz',
      /:10:\d+: .*takes integer, .*not "timestamp_tz"/,
      'Did you mean timestamptz?',
    ],
    ['numeric(12,2)', 'numeric(12,2)); drop table x; --', /:16:\d+: .*it is not a type/, null],
    ['label: {type: text, e', 'label: {e', /:17:11: sales\.orders\.label has no type/, null],
    ['epoch: seconds', 'epoch: 5', /:10:\d+: .*takes seconds, .*not 5/, null],
    ['junk: {exclude: nothing worth keeping}', 'junk: 5', /:20:13: .*must be a map of names, not 5/, null],
    ['  shop.db:', '  shop.db: &a\n    <<: *b', /^m\.yaml:\d+:\d+: /, null],
  ])('%s → %s', (from, to, message, hint) => {
    const told = at(from, to)
    expect(told.message).toMatch(message)
    expect(told.kind).toBe('plan')
    if (hint !== null) expect(told.hint).toBe(hint)
  })

  it.each([
    ['columns: {id: serial}\n      primaryKey: [idd]', /:\d+:\d+: There is no column "idd"/],
    ["columns: {id: 'text default 1; drop table x'}\n      primaryKey: []", /semicolon/],
    ["columns: {id: 'int references a.nothing(id)'}\n      primaryKey: []", /There is no table "a\.nothing"/],
    ["columns: {id: 'int'}\n      primaryKey: []\n      checks: {c: 'id > 0) , (true'}", /bracket/],
    ["columns: {id: 'int'}\n      primaryKey: []\n      checks: {c: 'id > 0 -- x'}", /comment/],
  ])('in a designed table: %s', (words, message) => {
    const text = `databases: {}\nschemas:\n  a:\n    t:\n      ${words}\n`
    expect(refusal(() => parseMapping(text, 'm.yaml')).message).toMatch(message)
  })
})

describe('hostile files', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ndatabases: [*d,*d,*d,*d]`
  const long = 'x'.repeat(1_000_000)
  it.each([
    ['nothing', ''],
    ['a text', 'hello'],
    ['a list', '- 1\n- 2'],
    ['aliases that multiply', bomb],
    ['an alias of itself', 'databases: &x\n  y: *x'],
    ['brackets without end', '['.repeat(100_000)],
    ['maps without end', '{a: '.repeat(50_000)],
    ['dashes without end', `${'- '.repeat(50_000)}x`],
    ['question marks without end', '? '.repeat(50_000)],
    ['indentation without end', Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['a long name', `databases: {"${long}": {tables: {}}}`],
    ['a long text', `databases: {}\ndescription: "${long}"`],
    ['a long key', `databases: {}\n"${long}": 1`],
    ['a long expression', `databases: {a.db: {tables: {t: {target: a.b, filter: "${long}"}}}}`],
    [
      'long words of a column',
      `databases: {}\nschemas: {a: {t: {primaryKey: [], columns: {c: "${'not null '.repeat(100_000)}"}}}}`,
    ],
    ['the same key twice', 'databases: {}\ndatabases: {}'],
    ['two documents', 'databases: {}\n---\ndatabases: {}'],
    ['a map as a key', 'databases: {}\n? {a: 1}\n: 2'],
    ['a tag', 'databases: !!js/function "function(){}"'],
    ['a tab', 'databases:\n\tx: 1'],
    ['a date where a text belongs', 'databases: {a.db: {tables: {t: {target: 2024-01-01}}}}'],
    ['U+0000', 'databases: "\\0"'],
    ['__proto__', 'databases: {}\n__proto__: {polluted: true}'],
    [
      'a wrong type deep down',
      'databases: {a.db: {tables: {t: {target: a.b, columns: {c: {aliases: {x: 1}}}}}}}',
    ],
  ])('%s: a sentence', (_, text) => {
    const told = refusal(() => parseMapping(text, 'm.yaml'))
    expect(told.kind).toBe('plan')
    expect(told.message).toMatch(/^m\.yaml:\d+:\d+: .{3,600}$/)
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  it.each([
    ['in quotes', `"${'['.repeat(1000)}"`],
    ['of JSON', `'${'{"a":'.repeat(300)}1'`],
    ['of many lines', `|\n  ${'- '.repeat(300)}\n  ${' '.repeat(900)}{[`],
    ['plain', `it's ${'['.repeat(300)}`],
  ])('brackets and dashes of a text are no nesting: %s', (_, text) => {
    expect(() => parseMapping(`databases: {}\ndescription: ${text}\n`, 'm.yaml')).not.toThrow()
  })

  it('names of a large file are compared with those before, not each with every other', () => {
    const names = Array.from({ length: 60_000 }, (_, at) => `      t${at}: {target: public.t${at}}`)
    const text = `databases:\n  app.db:\n    tables:\n${names.join('\n')}\n      t7: {target: public.t7}\n`
    expect(refusal(() => parseMapping(text, 'm.yaml')).message).toBe(
      'm.yaml:60004:7: "t7" stands there twice',
    )
  })

  it('a file that is none is a usage error', () => {
    const broken = join(folder, 'broken.yaml')
    writeFileSync(broken, Buffer.from([0xff, 0xfe, 0x80]))
    for (const file of [broken, join(folder, 'missing.yaml'), folder])
      expect(refusal(() => readMappingFile(file, true)).kind).toBe('usage')
    expect(db).toContain('shop.db')
  })
})
