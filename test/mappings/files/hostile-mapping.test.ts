/** SQL of a mapping file calls functions of a closed list only: it runs with the rights of whoever migrates. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { refusalOfExpression } from '../../../src/engine/source/base/check-expression.ts'
import { refusalOfExtension, refusalOfFragment } from '../../../src/engine/sql/tree/sql-fragment.ts'
import { makeDatabase } from '../../engine/source/files.ts'
import { runCommand } from '../../support/command.ts'
import { temporaryFolder } from '../../support/folders.ts'

describe('checks, defaults and conditions in the target', () => {
  it.each([
    "lo_export(1, '/tmp/x') = 1",
    "pg_read_file('/etc/passwd')",
    "pg_catalog.lo_import('/etc/passwd')",
    `"lo_export" (1, '/tmp/x')`,
    `U&"lo\\005fexport"(1, 'x')`,
    'public.anything()',
    "query_to_xml('select 1', true, true, '')",
    'pg_sleep(1000)',
    "set_config('role', 'x', false)",
    'id operator(public.=) 1',
    '(orders).total_of',
    "dblink('host=x', 'select 1')",
    `"'" = lo_export(1, '/tmp/x')`,
    "theirs . lower(v) = 'a'",
    `"theirs" . lower(v) = 'a'`,
    "'x'::theirs.type = v",
    "cast(v as theirs.type) = 'x'",
    "theirs.type 'x' = v",
  ])('refuses %s', (sql) => {
    expect(refusalOfFragment(sql)).not.toBeNull()
  })

  it.each([
    'total >= 0',
    "state in ('open', 'shut')",
    'now()',
    "nextval('orders_id_seq'::regclass)",
    'gen_random_uuid()',
    "(date_trunc('day', created_at)) > '2020-01-01'",
    'length(name) between 1 and 10 and (a or not (b))',
    'cast(x as numeric(10,2)) > 0',
    "'lo_export(1)'",
    'CURRENT_TIMESTAMP(3)',
    `"a'b" > 'c' and orders.total >= 0.5`,
    "pg_catalog.lower(v) = 'x'::pg_catalog.text",
  ])('takes %s', (sql) => {
    expect(refusalOfFragment(sql)).toBeNull()
  })
})

it('an extension that reaches files or other servers is not created', () => {
  expect(refusalOfExtension('citext')).toBeNull()
  for (const name of ['dblink', 'file_fdw', 'plpython3u']) expect(refusalOfExtension(name)).not.toBeNull()
})

describe('--trust-mapping', () => {
  it('takes what is outside of the list and reports it, and nothing that leaves its clause', () => {
    const trusted = new Set<string>()
    expect(refusalOfFragment("app.is_code(code) and v <> 'x'", trusted)).toBeNull()
    expect(refusalOfFragment('total >= 0', trusted)).toBeNull()
    expect(refusalOfExpression('hex(zeroblob(v))', { table: 't', columns: ['v'] }, trusted)).toBeNull()
    expect([...trusted]).toEqual(["app.is_code(code) and v <> 'x'", 'hex(zeroblob(v))'])
    expect(refusalOfFragment('f(1)); drop table t', trusted)).not.toBeNull()
    expect(refusalOfExpression("load_extension('x')", { table: 't', columns: [] }, trusted)).not.toBeNull()
  })

  it('is the word of the command line, and the plan names each piece', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder()
    makeDatabase(join(folder, 'app.db'), 'create table t(id integer primary key, v text)')
    writeFileSync(
      join(folder, 'm.yaml'),
      `databases:
  app.db:
    tables:
      t:
        target: public.t
        filter: hex(zeroblob(2)) <> v
`,
    )
    const mapping = ['--mapping', join(folder, 'm.yaml')]
    const args = [
      'plan',
      '--source',
      join(folder, 'app.db'),
      ...mapping,
      '--work-folder',
      join(folder, 'work'),
    ]
    const refused = await runCommand(args, { cwd: folder })
    expect(refused).toMatchObject({ exitCode: 5, errors: expect.stringContaining('--trust-mapping') })
    const { exitCode, output } = await runCommand([...args, '--trust-mapping'], { cwd: folder })
    expect({ exitCode, output }).toMatchObject({
      exitCode: 0,
      output: expect.stringMatching(/Trusted.*hex\(zeroblob\(2\)\) <> v/),
    })
  })
})

describe('filters and expressions on the snapshot', () => {
  const row = { table: 't', columns: ['id', 'v', "'"], others: [{ table: 'other', columns: ['id'] }] }
  it.each([
    "(select count(*) from pragma_table_info('t')) > 0",
    '(with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c) > 0',
    '(select count(*) from sqlite_schema) > 0',
    "load_extension('x')",
    "exists (select 1 from json_each('[1]'))",
    'zeroblob(1000000000)',
    '"zeroblob"(1000000000)',
    `length("'" || zeroblob(1000000000) || "'") > 0`,
    `"'" <> (select group_concat(name) from pragma_table_list) || "'"`,
    "printf('%1000000000d', id)",
    "printf('%*d', 1000000000, id)",
    'format(v, id)',
  ])('refuses %s', (sql) => {
    expect(refusalOfExpression(sql, row)).not.toBeNull()
  })

  it.each([
    "v <> 'void'",
    "printf('%05d', id) <> '%printf(%'",
    "upper(v) || '-' || id",
    'exists (select 1 from other where other.id = t.id)',
    "coalesce(nullif(trim(v), ''), 'none')",
    'id in (1, 2) and (v is not null)',
  ])('takes %s', (sql) => {
    expect(refusalOfExpression(sql, row)).toBeNull()
  })
})
