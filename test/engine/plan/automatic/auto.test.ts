import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { renderSql, writeDdl } from '../../../../src/engine/plan/ddl/ddl.ts'
import { connect } from '../../../../src/engine/target/connection/connection.ts'
import { forEachServer, freshDatabase } from '../../../support/databases.ts'
import { moveDatabase, type PlannedDatabase, planDatabase } from '../plan-database.ts'
import { everything } from '../target-samples.ts'

const source = readFileSync(new URL('./application.sql', import.meta.url), 'utf8')

const codes = ({ findings }: PlannedDatabase) => findings.map(({ code }) => code).toSorted()
const tableOf = (planned: PlannedDatabase, name: string) =>
  planned.targetTables.find(({ table }) => table === name)!
const copyOf = (planned: PlannedDatabase, name: string) => {
  const fate = planned.tables.find(({ table }) => table === name)!.fate
  if (fate.kind !== 'copy') throw new Error(`${name} is not copied`)
  return fate.copy
}
const typesOf = (planned: PlannedDatabase, name: string) =>
  Object.fromEntries(tableOf(planned, name).columns.map((column) => [column.name, column.type]))

describe('an application with a bit of everything', () => {
  const planned = planDatabase(source)

  it('has the schema and the findings of the golden files', async () => {
    await expect(renderSql(planned.ddl)).toMatchFileSnapshot('../../../golden/auto-application.sql')
    const told = planned.findings.map(({ severity, code, message }) => `${severity} ${code}: ${message}\n`)
    await expect(told.join('')).toMatchFileSnapshot('../../../golden/auto-application.findings.txt')
  })

  it('gives every source table one fate, and every column of a copied table a place', () => {
    expect(planned.tables.map(({ table }) => table)).toEqual(planned.catalog.tables.map(({ name }) => name))
    for (const { table, fate } of planned.tables) {
      if (fate.kind !== 'copy') continue
      const target = tableOf(planned, fate.copy.target.table)
      const written = target.columns.filter(({ generated }) => generated === null).map(({ name }) => name)
      expect(
        fate.copy.columns.map((column) => column.target),
        table,
      ).toEqual(written)
    }
  })

  forEachServer((server) => {
    it('is created, filled and constrained by a real server, and takes rows afterwards', async () => {
      const own = planDatabase(source, {}, server.major)
      const database = await freshDatabase(server.url)
      const target = await connect(database.address)
      try {
        expect(await moveDatabase(own, target)).toEqual([])
        const generated = await target.query('select total, label from app.orders order by id')
        expect(generated.rows).toEqual([
          { total: 3, label: 'HEL' },
          { total: 7.5, label: 'X' },
        ])
        await target.query(`insert into app.defaults ("key") values (1)`)
        const { rows } = await target.query<Record<string, unknown>>('select * from app.defaults')
        const row = rows[0]!
        expect(row).toMatchObject({ whole: '-5', quote: "it's", flag: true, blob: Buffer.from([0, 255]) })
        expect(row.iso).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
        expect(row.moment).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
        expect(row.uid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
        expect(row.hex).toMatch(/^[0-9a-f]{32}$/)
        expect(Math.abs(Number(row.epoch) - Date.now() / 1000)).toBeLessThan(60)
        expect(Math.abs(Number(row.millis) - Date.now())).toBeLessThan(60_000)
      } finally {
        await target.end()
        await database.drop()
      }
    })

    it('a schema with partitions and everything else runs as it stands', async () => {
      const database = await freshDatabase(server.url)
      const target = await connect(database.address)
      try {
        const schema = { ...everything, extensions: [] }
        await target.execute(renderSql(writeDdl(schema, server.major)))
      } finally {
        await target.end()
        await database.drop()
      }
    })
  })
})

describe('keys', () => {
  it('an INTEGER PRIMARY KEY is an identity, its rows are known by it, and blocks are ranges of it', () => {
    const planned = planDatabase('create table t (id integer primary key, x text)')
    expect(tableOf(planned, 't').columns[0]).toMatchObject({ sequence: 'identity', nullable: false })
    expect(copyOf(planned, 't').identity).toEqual({ kind: 'columns', columns: ['id'], ordered: true })
  })
  it('an INT PRIMARY KEY is a key and no identity', () => {
    const planned = planDatabase('create table t (id int primary key)')
    expect(tableOf(planned, 't').columns[0]).toMatchObject({ sequence: null, nullable: false })
    expect(copyOf(planned, 't').identity).toEqual({ kind: 'columns', columns: ['id'], ordered: false })
  })
  it('a primary key that holds nulls becomes a unique constraint, and rows are a multiset', () => {
    const planned = planDatabase(
      `create table t (a text primary key); insert into t values (null), (null), ('x')`,
    )
    expect(tableOf(planned, 't')).toMatchObject({ primaryKey: null, uniques: [{ columns: ['a'] }] })
    expect(copyOf(planned, 't').identity).toEqual({ kind: 'multiset' })
    expect(codes(planned)).toContain('key-holds-nulls')
  })
  it('a composite key of a WITHOUT ROWID table keeps its order', () => {
    const planned = planDatabase('create table t (a text, b int, primary key (b, a)) without rowid')
    expect(tableOf(planned, 't').primaryKey).toEqual({ name: 't_pkey', columns: ['b', 'a'] })
  })
  it('NOT NULL that holds nulls is left out, and no row is lost for it', () => {
    const planned = planDatabase(`
      create table t (a int not null);
      pragma writable_schema = on;
      update sqlite_schema set sql = 'create table t (a int)' where name = 't';
      pragma writable_schema = reset;
      insert into t values (null);
      pragma writable_schema = on;
      update sqlite_schema set sql = 'create table t (a int not null)' where name = 't';
      pragma writable_schema = reset;
    `)
    expect(tableOf(planned, 't').columns[0]!.nullable).toBe(true)
    expect(codes(planned)).toContain('not-null-holds-nulls')
  })
  it('a unique NOCASE column stays unique without regard to case', () => {
    const planned = planDatabase('create table t (a text collate nocase unique)')
    expect(tableOf(planned, 't').indexes).toMatchObject([
      { unique: true, parts: [{ expression: 'lower("a" collate "C")' }] },
    ])
  })
  it('a unique index on lower() tells letters beyond ASCII apart, as it did', () => {
    const planned = planDatabase(
      'create table t (a text); create index i on t (lower(a)); create unique index u on t (lower(a))',
    )
    expect(tableOf(planned, 't').indexes).toMatchObject([
      { unique: false, parts: [{ expression: 'lower("a")' }] },
      { unique: true, parts: [{ expression: 'lower("a" collate "C")' }] },
    ])
  })
  it('a default is what SQLite stores by it, as the conversion of the column makes it', () => {
    const planned = planDatabase(
      `create table t (r real default 5, s text default 5, n numeric default '1.50', b boolean default 'yes',
         d date default '2024-01-02', u text default abc, x blob default x'00', v varchar(3) default 'abcd')`,
    )
    const defaults = tableOf(planned, 't').columns.map((column) => column.default)
    expect(defaults.slice(-8)).toEqual([
      '5',
      "'5'",
      '1.5',
      'true',
      "'2024-01-02'::date",
      "'abc'",
      "'\\x00'::bytea",
      null,
    ])
  })

  it('a calculated default stands in parentheses, since the server takes no more than an operand without', () => {
    const planned = planDatabase("create table t (a text, b boolean default ('a' < 'B'))")
    expect(tableOf(planned, 't').columns[1]!.default).toBe(`('a' collate "C" < 'B')`)
  })
  it('a key longer than an index takes is kept by its hash', () => {
    const planned = planDatabase(
      `create table t (a text unique); insert into t values ('${'x'.repeat(3000)}')`,
    )
    expect(tableOf(planned, 't').uniques).toEqual([])
    expect(tableOf(planned, 't').indexes).toMatchObject([
      { unique: true, parts: [{ expression: 'md5("a")' }] },
    ])
  })
})

describe('foreign keys', () => {
  it('both ends get one type, the wider, through chains and cycles', () => {
    const planned = planDatabase(`
      create table a (id text primary key, b int references b(id));
      create table b (id int primary key, a int references a(id));
      insert into a values ('x1', 1); insert into b values (1, 5);
    `)
    expect(typesOf(planned, 'b')).toEqual({ id: 'bigint', a: 'text' })
    expect(typesOf(planned, 'a')).toEqual({ id: 'text', b: 'bigint' })
    expect(tableOf(planned, 'a').foreignKeys).toHaveLength(1)
  })
  it('an identity stays one, whatever refers to it: texts that are its numbers become numbers', () => {
    const planned = planDatabase(`
      create table p (id integer primary key);
      create table c (p text references p);
      create table d (p text references p);
      create table e (p integer references p);
      insert into p values (1), (2); insert into c values ('1'), ('2'); insert into d values ('1'), ('none'); insert into e values (1), ('');
    `)
    expect(tableOf(planned, 'p').columns[0]).toMatchObject({ type: 'bigint', sequence: 'identity' })
    expect(typesOf(planned, 'c')).toEqual({ p: 'bigint' })
    expect(tableOf(planned, 'c').foreignKeys).toHaveLength(1)
    for (const table of ['d', 'e']) {
      expect(typesOf(planned, table)).toEqual({ p: 'text' })
      expect(tableOf(planned, table).foreignKeys).toEqual([])
    }
    expect(codes(planned).filter((code) => code === 'reference-types-differ')).toHaveLength(2)
  })
  it('int4 where it fits does not part the two ends', () => {
    const planned = planDatabase(
      `create table p (id integer primary key); create table c (p integer references p);
       insert into p values (1), (3000000000); insert into c values (1);`,
      { int4WhenFits: true },
    )
    expect([typesOf(planned, 'p').id, typesOf(planned, 'c').p]).toEqual(['bigint', 'bigint'])
  })
  it.each([
    ['create table c (x references nope(id))', 'reference-without-table'],
    ['create table p (a int); create table c (x int references p(a))', 'reference-not-unique'],
    ['create table p (a int); create table c (x int references p)', 'reference-without-column'],
    [
      "create table p (a blob primary key); create table c (x int references p(a)); insert into p values (x'00'); insert into c values (1)",
      'reference-types-differ',
    ],
  ])('%s is not created: %s', (sql, code) => {
    const planned = planDatabase(sql)
    expect(tableOf(planned, 'c').foreignKeys).toEqual([])
    expect(codes(planned)).toContain(code)
  })
  const orphaned = `
    create table p (id integer primary key, code text collate nocase unique);
    create table c (p int references p, code text references p(code));
    insert into p values (1, 'one'); insert into c values (1, 'ONE'), (7, 'one'), (null, 'two'), (8, null);
  `
  it('parents are looked up only where the census does not prove that they are there', () => {
    const lookUps = (parents: string, children: string) =>
      planDatabase(`create table p (id integer primary key); insert into p values ${parents};
        create table c (id integer primary key, p_id integer references p); insert into c (p_id) values ${children}`).queried.filter(
        (sql) => sql.includes('not exists'),
      ).length
    expect(lookUps('(1), (2), (3)', '(1), (3), (null)')).toBe(0)
    expect(lookUps('(1), (3)', '(null)')).toBe(0)
    expect(lookUps('(1), (3)', '(1), (3)')).toBe(1)
    expect(lookUps('(1), (2), (3)', '(4)')).toBeGreaterThan(1)
  })

  it('orphans are kept, reported with samples, and the constraint is not valid', () => {
    const planned = planDatabase(orphaned)
    expect(tableOf(planned, 'c').foreignKeys.map(({ validated }) => validated)).toEqual([false, false])
    expect(planned.findings.filter(({ code }) => code === 'orphans')).toMatchObject([
      { severity: 'warning', count: 2, samples: [{ value: '7' }, { value: '8' }] },
      { severity: 'warning', count: 2, samples: [{ value: 'ONE' }, { value: 'two' }] },
    ])
  })
  it("orphans stop the plan, or go to quarantine, at the user's word", () => {
    const stopped = planDatabase(orphaned, { orphans: 'fail' })
    expect(stopped.findings.some(({ severity }) => severity === 'error')).toBe(true)
    const planned = planDatabase(orphaned, { orphans: 'quarantine' })
    expect(tableOf(planned, 'c').foreignKeys.map(({ validated }) => validated)).toEqual([true, true])
    expect(copyOf(planned, 'c').references.map(({ onOrphan }) => onOrphan)).toEqual([
      'reject-row',
      'reject-row',
    ])
  })
  it('composite, self, deferred, with actions and its own name', () => {
    const planned = planDatabase(`
      create table t (a int, b int, c int, d int, primary key (a, b),
        constraint up foreign key (c, d) references t on delete set null on update cascade deferrable initially deferred)
    `)
    expect(tableOf(planned, 't').foreignKeys).toEqual([
      {
        name: 'up',
        columns: ['c', 'd'],
        references: { schema: 'app', table: 't', columns: ['a', 'b'] },
        onDelete: 'set null',
        onUpdate: 'cascade',
        deferrable: true,
        validated: true,
      },
    ])
  })
})

describe('indexes', () => {
  it('a partial unique index never becomes a full one', () => {
    const planned = planDatabase(`
      create table t (a int, b text);
      create unique index known on t (a) where b = 'x';
      create unique index unknown on t (a) where b > 5 || 'x';
      create index other on t (a) where printf('%x', a) = '5';
    `)
    const { indexes } = tableOf(planned, 't')
    expect(indexes.map(({ name, where }) => [name, where])).toEqual([
      ['known', `"b" = 'x'`],
      ['unknown', `"b" collate "C" > (5::text || 'x')`],
      ['other', null],
    ])
  })
  it('what cannot be indexed is left out with its text', () => {
    const planned = planDatabase(`
      create table t (a json, b text); insert into t values ('{}', '${'x'.repeat(3000)}');
      create index j on t (a); create index long on t (b); create index e on t (hex(b));
    `)
    expect(tableOf(planned, 't').indexes).toEqual([])
    const left = planned.findings.filter(({ code }) => code === 'index-not-translated')
    expect(left.map(({ samples }) => samples![0]!.value)).toEqual([
      'CREATE INDEX j on t (a)',
      'CREATE INDEX e on t (hex(b))',
    ])
    const long = planned.findings.filter(({ code }) => code === 'index-left-out')
    expect(long.map(({ samples }) => samples![0]!.value)).toEqual(['CREATE INDEX long on t (b)'])
    expect(tableOf(planned, 't').longIndexes).toEqual([
      { name: 'long', kind: 'index', bytes: 3012, rows: 1, fate: 'left-out' },
    ])
  })
})

describe('names', () => {
  it('hostile names arrive as they are, or changed with a finding', () => {
    const planned = planDatabase(`
      create table "a""b; drop table x --" ("sel ect" int, "" int, xmin int, "Größe" int, "GRÖSSE" int);
      create table "${'n'.repeat(70)}1" (a); create table "${'n'.repeat(70)}2" (a);
      create index "a""b" on "a""b; drop table x --" ("sel ect");
    `)
    expect(planned.targetTables.map(({ table }) => table.length)).toEqual([20, 63, 63])
    expect(new Set(planned.targetTables.map(({ table }) => table)).size).toBe(3)
    expect(tableOf(planned, 'a"b; drop table x --').columns.map(({ name }) => name)).toEqual([
      'sel ect',
      'unnamed',
      'xmin_',
      'Größe',
      'GRÖSSE',
    ])
    expect(codes(planned).filter((code) => code === 'renamed')).toHaveLength(4)
  })
  it('snake case where it is asked for, in references too', () => {
    const planned = planDatabase(
      'create table UserAccount (userId integer primary key); create table Post (ownerId int references UserAccount(userId))',
      { identifiers: 'snake_case' },
    )
    expect(tableOf(planned, 'post').foreignKeys[0]).toMatchObject({
      columns: ['owner_id'],
      references: { table: 'user_account', columns: ['user_id'] },
    })
  })
  it('an index named like a table or a sequence gets another name', () => {
    const planned = planDatabase(`
      create table t (id integer primary key, a int); create index t_pkey on t (a); create index t_id_seq on t (a);
    `)
    expect(tableOf(planned, 't').primaryKey!.name).toBe('t_pkey')
    expect(tableOf(planned, 't').indexes.map(({ name }) => name)).toEqual(['t_pkey_2', 't_id_seq_2'])
  })
})

describe('generated columns', () => {
  it('one that cannot be translated keeps its values', () => {
    const planned = planDatabase(`
      create table t (a text, b int as (json_extract(a, '$.x')) stored, c int as (b + 1), d text as (a || 'x'));
      insert into t (a) values ('{"x": 3}');
    `)
    expect(tableOf(planned, 't').columns.map(({ name, generated }) => [name, generated])).toEqual([
      ['a', null],
      ['b', null],
      ['c', null],
      ['d', `"a" || 'x'`],
    ])
    expect(copyOf(planned, 't').read.columns).toEqual(['a', 'b', 'c'])
    expect(codes(planned).filter((code) => code === 'generated-as-values')).toHaveLength(2)
  })
})

describe('virtual tables', () => {
  it('are data once: their shadow tables and their second views of it are not', () => {
    const planned = planDatabase(`
      create table doc (id integer primary key, body text);
      create virtual table full using fts5(title, body);
      create virtual table outside using fts5(body, content='doc', content_rowid='id');
      create virtual table empty using fts5(body, content='');
      create virtual table words using fts5vocab(full, row);
      create virtual table box using rtree(id, x0, x1);
    `)
    expect(planned.targetTables.map(({ table }) => table)).toEqual(['doc', 'full', 'box'])
    expect(copyOf(planned, 'full').columns[0]).toMatchObject({ target: 'rowid', from: { kind: 'rowid' } })
    expect(copyOf(planned, 'box').identity).toEqual({ kind: 'columns', columns: ['id'], ordered: true })
  })
})

it('more than 1,600 columns is an error before anything is written', () => {
  const columns = Array.from({ length: 1601 }, (_, index) => `c${index}`).join(', ')
  const planned = planDatabase(`create table wide (${columns})`)
  expect(planned.findings).toMatchObject([{ severity: 'error', code: 'too-many-columns', count: 1601 }])
})

it('tables left out have their reason, and references to them are reported', () => {
  const planned = planDatabase(
    'create table p (id integer primary key); create table c (p int references p)',
    {
      exclude: ['p'],
    },
  )
  expect(planned.tables[0]!.fate).toEqual({ kind: 'exclude', reason: 'left out by --exclude' })
  expect(codes(planned)).toEqual(['reference-without-table'])
})

it('triggers are listed with their SQL', () => {
  const planned = planDatabase(`
    create table t (a); create view v as with x as (select 1) select * from x;
    create trigger tr after insert on t begin select 1; end;
  `)
  expect(planned.findings.map(({ code, samples }) => [code, samples![0]!.key])).toEqual([
    ['trigger-not-moved', 'SQL'],
  ])
})

it('an equal database gives an equal plan', () => {
  const [one, other] = [planDatabase(source), planDatabase(source)]
  expect(JSON.stringify(one.targetTables)).toBe(JSON.stringify(other.targetTables))
  expect(JSON.stringify(one.findings)).toBe(JSON.stringify(other.findings))
})
