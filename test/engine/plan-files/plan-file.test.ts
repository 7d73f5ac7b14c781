import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MigrateError } from '../../../src/engine/model/errors.ts'
import type { Plan } from '../../../src/engine/model/plan.ts'
import { planHash } from '../../../src/engine/plan/base/plan-hash.ts'
import { parsePlan, planOfFile, writePlan } from '../../../src/engine/plan-files/plan-file.ts'
import { openWritable } from '../../../src/engine/source/base/sqlite.ts'
import { connect } from '../../../src/engine/target/connection/connection.ts'
import { automatic } from '../../../src/mappings/auto.ts'
import { dialects } from '../../mappings/dialects/index.ts'
import { inputOf, planOf } from '../../mappings/support/plan-of.ts'
import { anyServer, freshDatabase } from '../../support/databases.ts'
import { temporaryFolder } from '../../support/folders.ts'
import { runForTest } from '../../support/run.ts'

function again(folder: string, text: string): Plan {
  using input = inputOf(folder)
  return planOfFile(parsePlan(text, 'plan.yaml'), input)
}

function refusal(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (!(error instanceof MigrateError) || error.kind !== 'plan') throw error
    return `${error.message} ${error.hint ?? ''}`
  }
  throw new Error('nothing was refused')
}

describe('round trip', () => {
  it.each(dialects.slice(0, 7).map((dialect) => [dialect.name, dialect] as const))(
    'a written plan is the same plan: %s',
    (_, dialect) => {
      const folder = temporaryFolder()
      dialect.create(folder)
      for (const wishes of [{}, { mapping: automatic }]) {
        const plan = planOf(folder, { ...wishes, options: { allowMissing: true } })
        const read = again(folder, writePlan(plan))
        expect(planHash(read)).toBe(planHash(plan))
        expect({ ...read, findings: [] }).toEqual({ ...plan, findings: [] })
      }
    },
  )
})

const folder = temporaryFolder()
const file = join(folder, 'shop.db')
const schema = `
  create table customers (id integer primary key, name text not null default 'x', born text);
  create table orders (id integer primary key, customer integer references customers (id), total real,
    twice real generated always as (total * 2) virtual);
  create table pairs (a text, b integer, primary key (b desc, a)) without rowid;`
const db = openWritable(file)
db.exec(`${schema}
  insert into customers values (1, 'Ann', '2000-01-01'), (2, 'Bob', null);
  insert into orders (id, customer, total) values (1, 1, 1.5), (2, 2, 0.1);
  insert into pairs values ('x', 1), ('y', 2);`)
db.close()
const text = writePlan(planOf(folder, { mapping: automatic }))

it('the plan of an R-Tree, whose first column is its rowid, is read as it was written', () => {
  const own = temporaryFolder()
  const tree = openWritable(join(own, 'tree.db'))
  tree.exec('create virtual table boxes using rtree(id, x0, x1); insert into boxes values (5, 1, 2)')
  tree.close()
  const plan = planOf(own, { mapping: automatic })
  const moved = plan.tables.find(({ table }) => table === 'boxes')
  expect(moved?.fate).toMatchObject({ copy: { identity: { columns: ['id'], ordered: true } } })
  expect(planHash(again(own, writePlan(plan)))).toBe(planHash(plan))
})

describe('what does not fit is reported with its place', () => {
  it.each([
    [
      'column: total,',
      'column: totl,',
      /^plan\.yaml:\d+:\d+: orders has no column "totl"\. Did you mean total\?/,
    ],
    ['kind: double', 'kind: duoble', /takes integer, .*not "duoble"\. Did you mean double\?/],
    ['table: customers', 'table: costumers', /shop\.db has no table "costumers"\. Did you mean customers\?/],
    ['orphans: keep', 'orphans: keeps', /options\.orphans takes keep, quarantine, fail.*Did you mean keep\?/],
    ['version: 1', 'version: 2', /^plan\.yaml:\d+:\d+: version takes 1, not 2/],
    ['type: double precision', 'type: text', /is text, which double does not write/],
    ['type: double precision', 'type: "text); drop table x; --"', /it is not a type/],
    ['columns: [id, name, born]', 'columns: [id, name]', /customers|born/],
    ['ordered: true', 'ordered: yes', /must be true or false/],
    ['kind: rowid, name: rowid, column: id', 'kind: rowid, name: oid, column: id', /another key|takes no/],
    ['mapping: auto', 'maping: auto', /takes no "maping"\. Did you mean mapping\?/],
  ])('%s → %s', (from, to, message) => {
    expect(text).toContain(from)
    expect(refusal(() => again(folder, text.replace(from, to)))).toMatch(message)
  })

  it('a filter that is more than a condition', () => {
    const wrong = text.replace('filter: null', 'filter: "1) union select (1"')
    expect(refusal(() => again(folder, wrong))).toMatch(/cannot be run on/)
  })

  it('a table that has changed since', () => {
    const other = temporaryFolder()
    const changed = openWritable(join(other, 'shop.db'))
    changed.exec(schema.replace('born text', 'born text, died text'))
    changed.close()
    expect(refusal(() => again(other, text))).toMatch(/nothing of the column died of customers/)
    const more = temporaryFolder()
    const grown = openWritable(join(more, 'shop.db'))
    grown.exec(`${schema} create table extra (x)`)
    grown.close()
    expect(refusal(() => again(more, text))).toMatch(/nothing of the table extra of shop\.db/)
  })

  it('rows that were added since are none of its business', () => {
    const other = temporaryFolder()
    const grown = openWritable(join(other, 'shop.db'))
    grown.exec(`${schema} insert into customers values (9, 'Eve', null)`)
    grown.close()
    expect(again(other, text).sourceRows['shop.db/customers']).toBe(1)
  })
})

it('an edited plan is carried out, and resumed or refused as itself', async () => {
  const database = await freshDatabase(anyServer().url)
  const connection = await connect(database.address)
  const planFile = join(folder, 'plan.yaml')
  writeFileSync(
    planFile,
    text
      .replaceAll('schema: public', 'schema: store')
      .replace('schemas: [public]', 'schemas: [store]')
      .replace(/(target: \{schema: store, table: orders[\s\S]*?)filter: null/, '$1filter: id > 1'),
  )
  try {
    const { report } = await runForTest({
      sources: [file],
      url: database.url,
      workFolder: join(folder, 'work'),
      request: { planFile, verifyLevel: 'full' },
    })
    expect(report?.verify.differences).toEqual([])
    expect(report?.status).toBe('ok')
    const { rows } = await connection.query<{ id: string }>('select id from store.orders')
    expect(rows.map(({ id }) => Number(id))).toEqual([2])
    expect(readFileSync(planFile, 'utf8')).toMatch(/^ +- \{target: name, from: \{kind: column/m)
  } finally {
    await connection.end()
    await database.drop()
  }
})
