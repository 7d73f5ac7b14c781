/** The wizard's state, driven by its keys and by answers of the engine: nothing here is drawn, and nothing is mocked. */
import { describe, expect, it } from 'vitest'
import type { Trial } from '../../src/engine/model/trial.ts'
import { givenFor, passedTest, preparedOf, reportOf, withTarget } from '../support/wizard-samples.ts'
import { play, previewed } from './play.ts'

describe('enter, enter, enter', () => {
  it('reaches the confirmation when files and a target are there, and the fourth begins', () => {
    const wizard = play()
    wizard.find(['shop.db'])
    wizard.press('enter')
    wizard.passTest()
    wizard.press('enter')
    wizard.prepare()
    wizard.press('enter')
    expect(wizard.place).toBe('confirm')
    expect(wizard.count('migrate')).toBe(0)
    wizard.press('enter')
    expect(wizard.place).toBe('migration')
    expect(wizard.last('migrate')?.address.database).toBe('target')
  })

  it('reaches it also when pressed before the answers are there, and goes no further', () => {
    const wizard = play()
    wizard.find(['shop.db'])
    wizard.press('enter', 'enter')
    wizard.passTest()
    wizard.press('enter', 'enter', 'enter', 'enter')
    wizard.prepare()
    expect(wizard.place).toBe('confirm')
    expect(wizard.count('migrate')).toBe(0)
  })

  it('does not go past a search that is still running, nor past a choice of nothing', () => {
    const wizard = play()
    wizard.press('enter')
    expect(wizard.place).toBe('discovery')
    expect(wizard.state.note?.text).toMatch(/Still searching/)
    wizard.find(['shop.db'])
    expect(wizard.state.note).toBeNull()
    wizard.press('space', 'enter')
    expect(wizard.place).toBe('discovery')
    expect(wizard.state.note?.text).toMatch(/Choose at least one/)
  })
})

describe('answers survive going back', () => {
  it('choices, addresses of every kind, edits and the plan', () => {
    const wizard = play(givenFor())
    wizard.find(['a.db'], ['b.db'])
    wizard.press('down', 'space', 'enter', 'tab', 'end')
    wizard.type('-x')
    wizard.press('escape')
    wizard.act({ type: 'choose-kind', kind: 'fields' })
    wizard.press('tab', 'ctrl+u')
    wizard.type('host.example')
    wizard.press('escape', 'escape')
    expect(wizard.place).toBe('discovery')
    expect(wizard.state.discovery.choices).toEqual({ '/data/b.db': false })
    wizard.press('enter')
    expect(wizard.state.connection.values.host.text).toBe('host.example')
    expect(wizard.state.connection.values.folder.text).toBe('.gpt-migrate/postgres-x')
    wizard.press('enter')
    wizard.passTest()
    wizard.press('enter')
    wizard.prepare()
    wizard.press('down', 'x')
    wizard.prepare(preparedOf(['orders', 'customers']))
    const { edits } = wizard.state.preview
    expect(edits).toHaveLength(1)
    wizard.press('escape', 'escape')
    wizard.press('enter', 'enter')
    expect(wizard.place).toBe('preview')
    expect(wizard.state.preview.edits).toEqual(edits)
    expect(wizard.count('prepare')).toBe(1)
  })

  it('another choice of databases makes another plan, with the same edits', () => {
    const wizard = play()
    wizard.find(['a.db'], ['b.db'])
    wizard.press('enter')
    wizard.passTest()
    wizard.press('enter')
    wizard.prepare()
    wizard.press('escape', 'escape', 'space', 'enter', 'enter')
    expect(wizard.count('prepare')).toBe(2)
    expect(wizard.last('prepare')?.plan.databases.map(({ database }) => database)).toEqual(['b.db'])
  })
})

describe('the connection', () => {
  it('asks for the password after the server refused it, and tests with the new one', () => {
    const wizard = play(withTarget('postgres://ada:wrong@db.example/target'))
    wizard.find(['shop.db'])
    wizard.press('enter')
    wizard.fail('test-target', { kind: 'target', code: 'wrong-password', message: 'no', hint: null })
    expect(wizard.state.connection.focus).toBe('urlPassword')
    wizard.type('p@ss:/w')
    wizard.press('enter')
    expect(wizard.last('test-target')?.target).toBe('postgres://ada:p%40ss%3A%2Fw@db.example/target')
  })

  it('a remembered target pre-fills and is not connected to by itself; what was named comes first', () => {
    const target = 'postgresql://ada@db.example/last'
    const wizard = play(givenFor())
    wizard.act({ type: 'target-recalled', target })
    wizard.find(['shop.db'])
    wizard.press('enter')
    expect(wizard.state.connection).toMatchObject({ kind: 'url', values: { url: { text: target } } })
    expect(wizard.count('test-target')).toBe(0)

    const named = play(withTarget('postgres://ada@db.example/named'))
    named.act({ type: 'target-recalled', target })
    expect(named.state.connection.values.url.text).toBe('postgres://ada@db.example/named')
  })

  it('drops the answer to a test that was overtaken by another', () => {
    const wizard = play()
    wizard.find(['shop.db'])
    wizard.press('enter', 'tab', 'end')
    wizard.type('2')
    wizard.press('enter')
    wizard.act({ type: 'test-passed', id: 1, test: passedTest() })
    expect(wizard.state.connection.tested).toMatchObject({ kind: 'testing' })
  })

  it('tab in the folder of an embedded server completes its path, and does nothing else', () => {
    const wizard = play()
    wizard.find(['shop.db'])
    wizard.press('enter')
    wizard.act({ type: 'choose-kind', kind: 'embedded' })
    wizard.press('tab', 'tab')
    expect(wizard.state.connection.focus).toBe('folder')
    expect(wizard.count('complete-path')).toBe(1)
  })

  it('a changed address is tested again before it is used', () => {
    const wizard = play()
    wizard.find(['shop.db'])
    wizard.press('enter')
    wizard.passTest()
    wizard.press('tab', 'end')
    wizard.type('x')
    expect(wizard.state.connection.tested.kind).toBe('untested')
    wizard.press('enter')
    expect(wizard.place).not.toMatch(/preview/)
    expect(wizard.count('test-target')).toBe(2)
  })

  it('a URL typed into the host, or pasted anywhere, becomes the URL: its password is never shown as a host', () => {
    const typed = play(givenFor())
    typed.find(['shop.db'])
    typed.press('enter')
    typed.act({ type: 'choose-kind', kind: 'fields' })
    typed.press('tab')
    typed.type('postgres://ada:topsecret@h/d')
    expect(typed.state.connection.kind).toBe('url')
    expect(typed.state.connection.values.url.text).toBe('postgres://ada:topsecret@h/d')
    expect(typed.state.connection.values.host.text).not.toContain('topsecret')

    const pasted = play(givenFor())
    pasted.find(['shop.db'])
    pasted.press('enter')
    pasted.act({ type: 'edit', edit: { kind: 'insert', text: 'postgresql://ada@h/d\n' } })
    expect(pasted.state.connection).toMatchObject({
      kind: 'url',
      values: { url: { text: 'postgresql://ada@h/d' } },
    })
  })

  it('fields are quoted, so that no value can name another server', () => {
    const wizard = play(givenFor())
    wizard.find(['shop.db'])
    wizard.press('enter')
    wizard.act({ type: 'choose-kind', kind: 'fields' })
    wizard.press('tab', 'tab', 'tab')
    wizard.type("o'b\\ host=evil")
    wizard.press('enter')
    expect(wizard.last('test-target')?.target).toBe("host='localhost' dbname='o\\'b\\\\ host=evil'")
  })

  it('goes no further on a server that takes no writes', () => {
    const wizard = play()
    wizard.find(['shop.db'])
    wizard.press('enter')
    const { probe } = passedTest()
    const standby: Trial = {
      name: 'writes',
      tried: 'whether it takes writes',
      outcome: 'refused',
      code: 'read-only-server',
      sentence: 'The server takes no writes: it is a standby.',
      help: 'Connect to the primary and not to a standby.',
    }
    wizard.passTest(passedTest({ probe: { ...probe, trials: [standby] } }))
    wizard.press('enter')
    expect(wizard.place).toBe('connection')
    expect(wizard.state.note?.text).toMatch(/takes no writes/)
  })
})

describe('an unfinished run', () => {
  const unfinished = () => {
    const prepared = preparedOf(['orders'])
    const record = {
      run: '2026-11-21-1',
      formatVersion: 1 as const,
      programVersion: '0.1.0',
      planHash: 'h',
      plan: prepared.plan,
      catalogs: [],
      snapshots: [],
      created: [],
      status: 'copying' as const,
      startedAt: '2026-11-21T10:00:00Z',
      finishedAt: null,
    }
    return passedTest({ unfinished: { record, rowsDone: 1, rowsInAll: 3, rowsQuarantined: 0 } })
  }
  const met = () => {
    const wizard = play()
    wizard.find(['shop.db'])
    wizard.press('enter')
    wizard.passTest(unfinished())
    wizard.press('enter')
    expect(wizard.place).toBe('unfinished')
    return wizard
  }

  it('is gone on with under its own record', () => {
    const wizard = met()
    wizard.press('enter')
    expect(wizard.last('resume')?.record.run).toBe('2026-11-21-1')
    wizard.prepare()
    expect(wizard.place).toBe('preview')
    wizard.press('enter', 'enter')
    expect(wizard.last('migrate')?.resumed?.run).toBe('2026-11-21-1')
  })

  it('is removed only after the name of the database was typed', () => {
    const wizard = met()
    wizard.press('down', 'down', 'enter')
    expect(wizard.place).toBe('start-over')
    wizard.press('enter')
    wizard.type('targe')
    wizard.press('enter')
    expect(wizard.count('start-over')).toBe(0)
    wizard.type('t')
    wizard.press('enter', 'enter')
    expect(wizard.count('start-over')).toBe(1)
  })

  it('whose snapshots changed is refused on the spot', () => {
    const wizard = met()
    wizard.press('enter')
    const error = { kind: 'plan', code: 'snapshot-changed', message: 'changed', hint: null } as const
    wizard.fail('resume', error)
    expect(wizard.place).toBe('unfinished')
    expect(wizard.state.connection.resolveError?.message).toBe('changed')
  })
})

describe('the preview', () => {
  it('does not confirm a plan with errors, and shows them', () => {
    const wizard = previewed(
      preparedOf(['orders'], {
        findings: [{ severity: 'error', code: 'missing-database', message: 'gone' }],
      }),
    )
    wizard.press('enter')
    expect(wizard.place).toBe('findings')
    wizard.press('w')
    expect(wizard.last('replan')?.plan.options.allowMissing).toBe(true)
  })

  it('does not confirm into tables that are there', () => {
    const wizard = play()
    wizard.find(['shop.db'])
    wizard.press('enter')
    const prepared = preparedOf(['orders'])
    wizard.passTest(passedTest({ probe: { ...passedTest().probe, existing: prepared.plan.schema.tables } }))
    wizard.press('enter')
    wizard.prepare(prepared)
    wizard.press('enter')
    expect(wizard.place).toBe('preview')
    expect(wizard.state.note?.text).toMatch(/already holds shop\.orders/)
  })

  it('takes back an edit that cannot be planned, and says why', () => {
    const wizard = previewed()
    wizard.press('down', 'enter', 't', 'ctrl+u')
    wizard.type('nonsense')
    wizard.press('enter')
    expect(wizard.last('replan')?.plan.edits).toEqual([
      { tableId: 'shop.db/orders', column: 'id', change: { kind: 'type', type: 'nonsense' } },
    ])
    const error = { kind: 'plan', code: 'unknown-type', message: 'no such type', hint: null } as const
    wizard.fail('replan', error)
    expect(wizard.state.preview).toMatchObject({
      edits: [],
      replanning: false,
      editError: error,
      phase: 'ready',
    })
  })

  it('an edit of the same thing replaces the earlier one, and undo takes back the last', () => {
    const wizard = previewed()
    for (const type of ['bigint', 'integer']) {
      wizard.act({ type: 'move', by: 1 })
      wizard.act({ type: 'open', view: 'columns' })
      wizard.press('t', 'ctrl+u')
      wizard.type(type)
      wizard.press('enter')
      wizard.prepare()
      wizard.press('escape', 'home')
    }
    expect(wizard.state.preview.edits).toHaveLength(1)
    wizard.press('down', 'u')
    expect(wizard.last('replan')?.plan.edits).toEqual([])
  })

  it('the type that a column has already is no change', () => {
    const wizard = previewed()
    wizard.press('down', 'enter', 't', 'enter')
    expect(wizard.place).toBe('table')
    expect(wizard.state.preview.edits).toEqual([])
    expect(wizard.count('replan')).toBe(0)
  })

  it('asks for samples and DDL when their tab is opened, once', () => {
    const wizard = previewed()
    wizard.press('down', 'enter')
    expect(wizard.count('sample')).toBe(0)
    wizard.press('tab')
    wizard.act({
      type: 'sampled',
      job: wizard.state.preview.planned.job,
      tableId: 'shop.db/orders',
      sample: { tableId: 'shop.db/orders', rows: [] },
    })
    wizard.press('tab', 'shift+tab', 'shift+tab', 'tab')
    expect(wizard.count('sample')).toBe(1)
    expect(wizard.last('ddl')).toMatchObject({ table: { schema: 'shop', table: 'orders' }, serverMajor: 17 })
  })
})

describe('leaving', () => {
  it('before a run gives an exit code that no script takes for success', () => {
    const wizard = play()
    wizard.press('q')
    expect(wizard.state.exitCode).toBe(130)
    expect(wizard.count('leave')).toBe(1)
  })

  it('q is a letter where text is typed, and does nothing while rows are copied', () => {
    const wizard = play()
    wizard.find(['shop.db'])
    wizard.press('a', 'q')
    expect(wizard.state.discovery.adding?.text).toBe('q')
    wizard.press('escape', 'enter')
    wizard.passTest()
    wizard.press('enter')
    wizard.prepare()
    wizard.press('enter', 'enter', 'q', 'escape')
    expect(wizard.state.exitCode).toBeNull()
    expect(wizard.place).toBe('migration')
  })

  it('ctrl+c stops a copy at the block boundary, and the exit code is the run’s', () => {
    const wizard = play()
    wizard.find(['shop.db'])
    wizard.press('enter')
    wizard.passTest()
    wizard.press('enter')
    wizard.prepare()
    wizard.press('enter', 'enter', 'p', 'ctrl+c')
    expect(wizard.effects.filter((effect) => effect.type === 'command')).toEqual([
      { type: 'command', command: { type: 'pause' } },
      { type: 'command', command: { type: 'stop', signal: 'SIGINT' } },
    ])
    wizard.act({ type: 'run-ended', report: reportOf({ status: 'stopped', exitCode: 130 }) })
    expect(wizard.place).toBe('summary')
    wizard.press('q')
    expect(wizard.state.exitCode).toBe(130)
  })

  it('after a run that could not begin, enter tries again and q gives its exit code', () => {
    const wizard = play()
    wizard.find(['shop.db'])
    wizard.press('enter')
    wizard.passTest()
    wizard.press('enter')
    wizard.prepare()
    wizard.press('enter', 'enter')
    const error = { kind: 'target', code: 'locked', message: 'another run', hint: null } as const
    wizard.fail('migrate', error)
    expect(wizard.place).toBe('migration-failed')
    wizard.press('enter')
    expect(wizard.count('migrate')).toBe(2)
    wizard.fail('migrate', error)
    wizard.press('q')
    expect(wizard.state.exitCode).toBe(4)
  })
})
