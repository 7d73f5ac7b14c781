/** The three screens of questions, in a person's words. */
import { renderToString } from 'ink'
import { cleanup } from 'ink-testing-library'
import { afterEach, describe, expect, it } from 'vitest'
import { MigrateError } from '../../src/engine/door/index.ts'
import { DiscoveryScreen } from '../../src/screens/discovery.tsx'
import { LookContext } from '../../src/ui/look.ts'
import { unicodeSymbols } from '../../src/ui/symbols.ts'
import { beginWizard } from '../../src/wizard/next/next.ts'
import { foundDatabase, givenFor, passedTest, preparedOf, withTarget } from '../support/wizard-samples.ts'
import { type Answers, openScreen } from './screen.tsx'

afterEach(cleanup)

const url = 'postgres://ada:topsecret@db.example/target'
const knows: Answers = {
  knownMapping: () => ({
    databases: ['trading.db', 'ml_models.db'],
    schemas: ['trading'],
    extensions: ['uuid-ossp'],
  }),
}
const finds = (...databases: ReturnType<typeof foundDatabase>[]): Answers => ({
  ...knows,
  discover: () => ({ databases, passedOver: [] }),
})

describe('discovery', () => {
  it('shows files as they are found, before the search is over', async () => {
    const { sees } = openScreen(givenFor(), {
      ...knows,
      discover: (_request, tell) => {
        tell({ type: 'database-found', database: foundDatabase('first.db') })
        return new Promise(() => {})
      },
    })
    await sees('first.db', 'Searching this folder')
  })

  it('shows size, tables, rows, journal mode and mapping, and what is missing', async () => {
    const { sees, press } = openScreen(
      givenFor(),
      finds(
        foundDatabase('trading.db', { bytes: 188_000_000, tables: [{ name: 'orders', rows: 3_000_412 }] }),
        foundDatabase('x.db'),
      ),
    )
    await sees('188 MB', '3,000,412', 'WAL', 'gpt-trader', 'automatic', '2 databases · 2 chosen')
    await sees('GPT-Trader databases not found: ml_models.db')
    await press('space')
    await sees('[ ] trading.db', '2 databases · 1 chosen')
    await press('i')
    await sees('/data/trading.db', /orders\s+3,000,412/)
  })

  it('says what is wrong with a file, and does not let it be chosen', async () => {
    const damaged = { kind: 'damaged', detail: 'page 311 is torn' } as const
    const locked = { kind: 'unreadable', code: 'encrypted', detail: 'It is encrypted.' } as const
    const { sees, press, store } = openScreen(
      givenFor(),
      finds(
        foundDatabase('a.db', { health: locked, tables: [] }),
        foundDatabase('b.db', { health: damaged }),
        foundDatabase('c.db', { health: { kind: 'empty' }, tables: [] }),
      ),
    )
    await sees('[!] a.db', 'It is encrypted.', 'damaged; 1 table readable', 'empty: no tables')
    await press('space')
    expect(store.state.discovery.choices).toEqual({})
    await press('enter')
    await sees('Choose at least one database')
  })

  it('says in whole why a path was passed over, and names it once', async () => {
    const why =
      "is not a SQLite database: it doesn't begin with SQLite's header, and nothing else is known of it."
    const { sees, press, text } = openScreen(givenFor(), {
      ...knows,
      discover: () => ({
        databases: [foundDatabase('shop.db')],
        passedOver: [{ path: '/data/notes.db', reason: `/data/notes.db ${why}` }],
      }),
    })
    await sees('1 path passed over: o shows why')
    await press('o')
    await sees('Passed over', /and nothing else is known of\s+it\./)
    expect(text().split('/data/notes.db')).toHaveLength(2)
    expect(text()).toContain('it is not a SQLite database')
  })

  it('adds a typed path, and keeps what was found when it is wrong', async () => {
    const { sees, press, type } = openScreen(givenFor(), {
      ...knows,
      discover: ({ paths }: { paths: readonly string[] }) => {
        if (paths.includes('/nowhere'))
          throw new MigrateError('source', 'not-found', '/nowhere does not exist.', {
            hint: 'Check the path.',
          })
        const databases = paths.map((path) => foundDatabase(path === '.' ? 'here.db' : 'added.db'))
        return { databases, passedOver: [] }
      },
    })
    await sees('here.db')
    await press('a')
    await sees('❯ Path')
    await type('/nowhere')
    await press('enter')
    await sees('/nowhere does not exist.', 'Check the path.', 'here.db')
    await press('ctrl+u')
    await type('/more')
    await press('enter')
    await sees('added.db', 'here.db', '2 databases')
  })

  it('of nothing says what to do', async () => {
    const { sees, press } = openScreen(givenFor(), finds())
    await sees('No SQLite database is here.', 'Press a and type')
    await press('enter')
    await sees('There is nothing to move yet')
  })

  it('offers sample data in whole sentences in the least terminal', () => {
    const state = beginWizard(givenFor()).state
    const discovery = { ...state.discovery, search: 'done' as const }
    const look = {
      symbols: unicodeSymbols,
      colours: false,
      spoken: false,
      links: false,
      columns: 60,
      rows: 20,
    }
    const text = renderToString(
      <LookContext value={look}>
        <DiscoveryScreen state={{ ...state, discovery }} />
      </LookContext>,
      { columns: 60 },
    )
    expect(text.replaceAll(/\s+/g, ' ')).toContain('the six databases of GPT-Trader in ./gpt-migrate-demo.')
  })
})

describe('connection', () => {
  it('shows the proposed URL without its password, and what the server is', async () => {
    const { sees, press, text } = openScreen(withTarget(url), {
      ...finds(foundDatabase('trading.db')),
      testTarget: () => passedTest(),
    })
    await sees('trading.db')
    await press('enter')
    await sees(
      'postgres://ada:•••••••••@db.example/target',
      'PostgreSQL 17.2: target on db.example:5432 as ada',
    )
    await sees('may create schemas', 'without uuid-ossp', 'nothing yet: all names are free')
    expect(text()).not.toContain('topsecret')
  })

  it('speaks of the mapping’s extensions and schemas only where one of its databases is moved', async () => {
    const test = passedTest()
    const { sees, press, text } = openScreen(withTarget(url), {
      ...finds(foundDatabase('shop.db')),
      testTarget: () => ({
        ...test,
        probe: { ...test.probe, existing: [{ schema: 'public', table: 'a', kind: 'table' }] },
      }),
    })
    await sees('shop.db')
    await press('enter')
    await sees('1 table in public')
    expect(text()).not.toMatch(/are free|without/)
  })

  const failures = [
    ['wrong-password', 'Type the password above and press enter.'],
    ['no-such-database', 'Press c to create it, or name another one.'],
    ['connection-refused', 'choose the embedded one'],
    ['tls-required', '?sslmode=require'],
    ['unsupported-version', 'Name a newer server'],
    ['insufficient-privilege', 'Connect as the owner.'],
  ] as const
  for (const [code, advice] of failures) {
    it(`${code}: says what to do`, async () => {
      const { sees, press } = openScreen(withTarget(url), {
        ...finds(foundDatabase('trading.db')),
        testTarget: () => {
          throw new MigrateError('target', code, `Failed: ${code}.`, { hint: 'Connect as the owner.' })
        },
      })
      await sees('trading.db')
      await press('enter')
      await sees(`Failed: ${code}.`, advice)
    })
  }

  it('creates a database that is missing', async () => {
    const { sees, press, calls } = openScreen(withTarget(url), {
      ...finds(foundDatabase('trading.db')),
      testTarget: () => {
        throw new MigrateError('target', 'no-such-database', 'The server has no database "target".')
      },
      createTargetDatabase: () => passedTest(),
    })
    await sees('trading.db')
    await press('enter')
    await sees('has no database', 'c create the database')
    await press('c')
    await sees('PostgreSQL 17.2')
    expect(calls.map(({ name }) => name)).toContain('createTargetDatabase')
  })

  it('takes a pasted URL wherever the keys are', async () => {
    const { sees, press, paste, text } = openScreen(givenFor(), finds(foundDatabase('x.db')))
    await sees('x.db')
    await press('enter')
    await sees('An embedded PostgreSQL')
    await paste('postgresql://ada:hushhush@h:5433/d\n')
    await sees('postgresql://ada:••••••••@h:5433/d')
    expect(text()).not.toContain('hushhush')
  })
})

describe('preview', () => {
  const ready = (prepared = preparedOf(['orders', 'customers'])): Answers => ({
    ...finds(foundDatabase('shop.db')),
    testTarget: () => passedTest(),
    prepareChosen: () => prepared,
    sampleRows: () => ({
      tableId: 'shop.db/orders',
      rows: [
        {
          ordinal: 1,
          refused: null,
          cells: [{ target: 'note', before: { storage: 'text', text: 'a\u001b[2Jb' }, after: 'after it' }],
        },
      ],
    }),
    tableDdl: () => '-- Before the load\n\ncreate table "shop"."orders" (\n  "id" text\n);\n',
  })
  const arrive = async (answers: Answers) => {
    const screen = openScreen(withTarget(url), answers)
    await screen.sees('shop.db')
    await screen.press('enter')
    await screen.sees('PostgreSQL 17.2')
    await screen.press('enter')
    await screen.sees('Continue: move')
    return screen
  }

  it('lists tables; opened, one shows columns, rows before and after, and its DDL', async () => {
    const { sees, press, text } = await arrive(ready())
    await sees('shop.orders', 'shop.customers', 'Nothing has been written to the target yet.')
    await press('down', 'enter')
    await sees('shop.orders → shop.orders', 'note', 'text')
    await press('tab')
    await sees('a\\u001b[2Jb', 'after it')
    expect(text()).not.toContain('\u001b[2J')
    await press('tab')
    await sees('create table "shop"."orders"')
  })

  it('shows what the confirmation is about, and begins only there', async () => {
    const { sees, press, calls } = await arrive(ready())
    await press('enter')
    await sees('Move 6 rows?', 'target on db.example:5432 as ada', 'every value, by checksum')
    expect(calls.map(({ name }) => name)).not.toContain('migrate')
    await press('enter')
    await sees('Connecting')
    expect(calls.at(-1)?.name).toBe('migrate')
  })

  it('findings come worst first, with what would settle them', async () => {
    const fix = {
      tableId: 'shop.db/orders',
      column: 'price',
      change: { kind: 'type', type: 'numeric' },
    } as const
    const prepared = preparedOf(['orders'], {
      findings: [
        { severity: 'notice', code: 'view-not-moved', message: 'A view stays.' },
        { severity: 'warning', code: 'overflow', message: 'price overflows.', count: 3, fixes: [fix] },
      ],
    })
    const { sees, press, calls, text } = await arrive({
      ...ready(prepared),
      replan: () => preparedOf(['orders']),
    })
    await press('f')
    await sees('2 findings', 'w makes price numeric.')
    expect(text().indexOf('price overflows')).toBeLessThan(text().indexOf('A view stays'))
    await press('w')
    await sees('No findings')
    expect(calls.at(-1)).toMatchObject({ name: 'replan', request: { again: { edits: [fix] } } })
  })

  it('what is out of sight is counted, in lists of findings, of types and of tables', async () => {
    const many = Array.from({ length: 40 }, (_, index) => ({
      severity: 'warning' as const,
      code: `kind-${index}`,
      message: `Finding ${index}.`,
    }))
    const { sees, press } = await arrive(ready(preparedOf(['orders'], { findings: many })))
    await press('f')
    await sees('Finding 0.', /\d+ below/)
    await press('escape', 'down', 'enter', 't')
    await sees('Type of', /\d+ below/)
  })

  it('marks of tables stand whole beside names that are cut', async () => {
    const { press, text, sees } = await arrive(ready(preparedOf(['a'.repeat(60), 'b'.repeat(60)])))
    await press('down', 'space', 'down')
    await sees('[x]')
    expect(
      text()
        .split('\n')
        .filter((line) => /\[[x ]\] {2}\S/.test(line)),
    ).toHaveLength(2)
  })

  it('200 tables scroll, and a filter finds one', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `table_${String(index).padStart(3, '0')}`)
    const { sees, press, type, text } = await arrive(ready(preparedOf(names)))
    await sees('table_000', 'below')
    expect(text()).not.toContain('table_150')
    await press('/')
    await type('_150')
    await sees('table_150')
    expect(text()).not.toContain('table_000')
  })

  it('a plan that cannot be made says why, and can be tried again', async () => {
    let tries = 0
    const { sees, press } = openScreen(withTarget(url), {
      ...ready(),
      prepareChosen: () => {
        tries++
        if (tries === 1)
          throw new MigrateError('source', 'disk-full', 'No room for snapshots.', { hint: 'Make room.' })
        return preparedOf(['orders'])
      },
    })
    await sees('shop.db')
    await press('enter')
    await sees('PostgreSQL 17.2')
    await press('enter')
    await sees('No room for snapshots.', 'Make room.', 'enter try again')
    await press('enter')
    await sees('Continue: move')
  })
})

describe('help', () => {
  it('lists the keys of the place it was asked at', async () => {
    const { sees, press, text } = openScreen(givenFor(), finds(foundDatabase('x.db')))
    await sees('x.db')
    await press('?')
    await sees('Keys in Discovery', 'Type the path of another file or folder.')
    await press('escape')
    await sees('x.db')
    expect(text()).not.toContain('Keys in')
  })
})
