/** Races between an answer and the next key: a reply belongs to the question that was asked, and what was typed is not lost. */
import { describe, expect, it } from 'vitest'
import { hintsFor } from '../../src/wizard/keys/hints.ts'
import { missingAnswer } from '../../src/wizard/steps/connection.ts'
import { foundDatabase, givenFor, passedTest, preparedOf, withTarget } from '../support/wizard-samples.ts'
import { play, previewed } from './play.ts'

const error = { kind: 'plan', code: 'unknown-type', message: 'no such type', hint: null } as const

describe('stale-reply', () => {
  it('a test of the embedded server says nothing about the URL that was chosen meanwhile', () => {
    const wizard = play(givenFor())
    wizard.find(['shop.db'])
    wizard.press('enter', 'enter')
    expect(wizard.state.connection.tested.kind).toBe('testing')
    const { id } = wizard.last('test-target')!
    wizard.act({ type: 'next-kind', by: 1 })
    wizard.act({ type: 'test-passed', id, test: passedTest() })
    expect(wizard.state.connection).toMatchObject({ kind: 'url', tested: { kind: 'untested' } })
  })

  it('a test that ends after its field was changed says nothing about the new address', () => {
    const wizard = play()
    wizard.find(['shop.db'])
    wizard.press('enter', 'tab', 'end')
    wizard.type('2')
    wizard.act({ type: 'test-passed', id: wizard.last('test-target')!.id, test: passedTest() })
    expect(wizard.state.connection.tested.kind).toBe('untested')
  })

  it('enter without an address goes to where it is typed, and says so', () => {
    const wizard = play(givenFor())
    wizard.find(['shop.db'])
    wizard.press('enter')
    wizard.act({ type: 'choose-kind', kind: 'url' })
    expect(missingAnswer(wizard.state.connection)).toMatch(/^Paste .* press tab and type it/)
    wizard.press('enter')
    expect(wizard.last('test-target')).toBeUndefined()
    expect(wizard.state).toMatchObject({
      note: { text: 'Type or paste the address of the database.', isWarning: true },
      connection: { focus: 'url', tested: { kind: 'untested' } },
    })
  })

  it('a search that was given up adds nothing, and its path is not searched again', () => {
    const wizard = play(givenFor())
    wizard.find(['here.db'])
    wizard.press('a')
    wizard.type('/slow')
    wizard.press('enter')
    const { search } = wizard.last('search')!
    wizard.press('escape')
    const database = foundDatabase('late.db')
    wizard.act({ type: 'database-found', search, database })
    wizard.act({ type: 'search-ended', search, databases: [database], passedOver: [] })
    expect(wizard.state.discovery.found.map((found) => found.database)).toEqual(['here.db'])
    expect(wizard.state.discovery.paths).toEqual(['.'])
    expect(wizard.state.discovery.search).toBe('done')
  })

  it('a prompt in which more was typed while its path was searched stays open', () => {
    const wizard = play(givenFor())
    wizard.find(['here.db'])
    wizard.press('a')
    wizard.type('/data')
    wizard.press('enter')
    wizard.type('/deeper')
    wizard.find(['here.db'], ['there.db'])
    expect(wizard.state.discovery.adding?.text).toBe('/data/deeper')
    expect(wizard.state.discovery.found).toHaveLength(2)
  })

  it('the mark stays on its database when the search puts others before it', () => {
    const wizard = play(givenFor())
    wizard.act({ type: 'database-found', search: 1, database: foundDatabase('z.db') })
    wizard.find(['a.db'], ['z.db'])
    wizard.press('space')
    expect(wizard.state.discovery.choices).toEqual({ '/data/z.db': false })
  })

  it('sample rows of an earlier plan are not shown as those of the new one, which are asked for', () => {
    const wizard = previewed()
    wizard.press('down', 'enter', 'tab')
    const asked = wizard.last('sample')!
    wizard.act({ type: 'change', change: 'exact' })
    wizard.prepare()
    expect(wizard.count('sample')).toBe(2)
    const sample = { tableId: asked.tableId, rows: [] }
    wizard.act({ type: 'sampled', job: asked.job, tableId: asked.tableId, sample })
    expect(wizard.state.preview.samples[asked.tableId]).toEqual({ kind: 'loading' })
  })

  it('progress of a preparation that was given up is not shown', () => {
    const wizard = previewed()
    const before = wizard.state.preview
    const progress = { ...before.progress, run: 'old' }
    wizard.act({ type: 'prepare-progressed', job: before.job - 1, progress })
    expect(wizard.state.preview.progress.run).toBeNull()
  })

  it('a completion of a path that was typed on is dropped', () => {
    const wizard = play(givenFor())
    wizard.find(['here.db'])
    wizard.press('a')
    wizard.type('/da')
    wizard.press('tab')
    wizard.type('x')
    wizard.act({ type: 'path-completed', asked: '/da', text: '/data/', choices: ['data'] })
    expect(wizard.state.discovery.adding?.text).toBe('/dax')
    wizard.press('tab')
    wizard.act({ type: 'path-completed', asked: '/dax', text: '/dax/', choices: ['dax'] })
    expect(wizard.state.discovery.adding?.text).toBe('/dax/')
  })
})

describe('stale-state', () => {
  const refused = () => {
    const wizard = previewed()
    wizard.press('down', 'enter', 't', 'ctrl+u')
    wizard.type('nonsense')
    wizard.press('enter')
    wizard.fail('replan', error)
    return wizard
  }

  it('a refused change comes back with what was typed', () => {
    const wizard = refused()
    expect(wizard.place).toBe('column-editing')
    expect(wizard.state.preview.editing?.value.text).toBe('nonsense')
    expect(wizard.state.preview.editError).toEqual(error)
    wizard.type('2')
    expect(wizard.state.preview.editError).toEqual(error)
  })

  it('its error is not shown in another table', () => {
    const wizard = refused()
    wizard.press('escape', 'escape', 'down', 'enter')
    expect(wizard.place).toBe('table')
    expect(wizard.state.preview.editError).toBeNull()
  })

  it('tabs keep the cursor of each tab, and the list that of its table', () => {
    const wizard = previewed()
    wizard.press('down', 'down', 'enter', 'down', 'tab', 'shift+tab')
    wizard.press('enter')
    expect(wizard.state.detail?.title).toContain('note')
    wizard.press('escape', 'escape')
    wizard.press('/')
    wizard.type('cust')
    wizard.press('enter', 'escape')
    expect(wizard.state.preview.cursor).toBe(2)
  })

  it('enter pressed before an answer is void after going back', () => {
    const wizard = play()
    wizard.find(['shop.db'])
    wizard.press('enter', 'enter', 'escape', 'enter')
    wizard.passTest()
    expect(wizard.place).toBe('connection')
  })
})

describe('what is counted is what moves', () => {
  it('x leaves several marked tables out at once, and takes them in again', () => {
    const wizard = previewed(preparedOf(['a', 'b', 'c']))
    wizard.press('down', 'space', 'down', 'space', 'x')
    expect(wizard.last('replan')?.plan.edits.map(({ tableId }) => tableId)).toEqual([
      'shop.db/a',
      'shop.db/b',
    ])
    wizard.prepare(preparedOf(['a', 'b', 'c']))
    wizard.press('*', 'x')
    expect(wizard.last('replan')?.plan.edits).toHaveLength(3)
    wizard.prepare(preparedOf(['a', 'b', 'c']))
    const offered = (): string | undefined => hintsFor(wizard.state, 200).find(({ key }) => key === 'x')?.does
    expect(offered()).toBe('take in again')
    wizard.press('*')
    expect(offered()).toBe('take 3 in again')
    wizard.press('x')
    expect(wizard.last('replan')?.plan.edits).toEqual([])
  })

  it('x does nothing to the table while one of its columns is marked', () => {
    const wizard = previewed()
    wizard.press('down', 'enter', 'x')
    expect(wizard.count('replan')).toBe(0)
  })

  it('n does not rename a column of a planned schema', () => {
    const wizard = previewed(preparedOf(['orders'], { mapping: 'gpt-trader' }))
    wizard.press('down', 'enter', 'n')
    expect(wizard.place).toBe('table')
    expect(wizard.state.note?.text).toMatch(/planned schema/)
  })
})

describe('leaving', () => {
  it('asks when changes to the plan would be lost, and not after they were saved', () => {
    const wizard = previewed()
    wizard.press('down', 'x')
    wizard.prepare()
    wizard.press('q')
    expect(wizard.place).toBe('leaving')
    expect(wizard.state.exitCode).toBeNull()
    wizard.press('s', 'enter')
    const { file, changes } = wizard.last('save-plan')!
    wizard.act({ type: 'plan-saved', path: file, changes })
    wizard.press('escape', 'q')
    expect(wizard.state.exitCode).toBe(130)
  })

  it('escape stays, and a second q leaves', () => {
    const wizard = previewed()
    wizard.press('v', 'q', 'escape')
    expect(wizard.place).toBe('preview')
    wizard.press('q', 'q')
    expect(wizard.state.exitCode).toBe(130)
  })
})

describe('findings', () => {
  const findings = [
    {
      severity: 'warning',
      code: 'rounded',
      message: 'note is rounded.',
      tableId: 'shop.db/customers',
      column: 'note',
    },
  ] as const

  it('enter goes to the column that a finding is about, and escape back to the findings', () => {
    const wizard = previewed(preparedOf(['orders', 'customers'], { findings }))
    wizard.press('f', 'enter')
    expect(wizard.place).toBe('table')
    wizard.press('enter')
    expect(wizard.state.detail?.title).toBe('shop.customers: note')
    wizard.press('escape', 'escape')
    expect(wizard.place).toBe('findings')
  })
})

it('a home folder is written ~ wherever a path is typed', () => {
  const given = givenFor({ target: { ...withTarget('x').target, target: null, env: { HOME: '/home/ada' } } })
  const wizard = play(given)
  wizard.find(['here.db'])
  wizard.press('a')
  wizard.type('~/bot')
  wizard.press('enter')
  expect(wizard.last('search')?.paths).toEqual(['.', '/home/ada/bot'])
})
