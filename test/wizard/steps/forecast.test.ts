/** What is forecast, and the key that leaves nothing rounded. */
import { describe, expect, it } from 'vitest'
import type { Plan } from '../../../src/engine/model/plan.ts'
import { widerType } from '../../../src/wizard/steps/forecast.ts'
import { preparedOf } from '../../support/wizard-samples.ts'
import { previewed } from '../play.ts'

const forecast: NonNullable<Plan['forecast']> = {
  tables: [
    {
      tableId: 'shop.db/orders',
      rows: { source: 3, target: 3, quarantined: 0, excluded: 0, targetRows: 3 },
      columns: [
        { target: 'id', exact: 3, normalized: 0, rounded: 0, maxError: null },
        { target: 'note', exact: 1, normalized: 0, rounded: 2, maxError: '0.000004' },
      ],
      quarantine: [],
    },
  ],
  quarantine: { rows: 0, byCode: {} },
  unvalidated: [],
  sequencesAtEnd: [],
  longIndexes: [],
  judgedByServer: [],
  exitCode: 0,
}

function rounding() {
  const prepared = preparedOf(['orders', 'customers'], { forecast })
  const [orders, ...others] = prepared.plan.schema.tables
  const columns = orders!.columns.map((column) => ({ ...column, type: 'numeric(20,8)' }))
  const schema = { ...prepared.plan.schema, tables: [{ ...orders!, columns }, ...others] }
  return previewed({ ...prepared, plan: { ...prepared.plan, schema } })
}

describe('w', () => {
  it('widens the rounded columns and no other', () => {
    const wizard = rounding()
    wizard.press('w')
    expect(wizard.last('replan')?.plan.edits).toEqual([
      { tableId: 'shop.db/orders', column: 'note', change: { kind: 'type', type: 'numeric' } },
    ])
  })

  it('does nothing where nothing is rounded', () => {
    const wizard = rounding()
    wizard.press('down', 'down', 'enter', 'w')
    expect(wizard.count('replan')).toBe(0)
  })

  it.each([
    ['numeric(20,8)', 'numeric'],
    ['timestamp(0) with time zone', 'timestamp with time zone'],
    ['time(3) without time zone', 'time without time zone'],
    ['real', 'double precision'],
    ['numeric', null],
    ['text', null],
  ])('%s becomes %s', (type, wider) => {
    expect(widerType(type)).toBe(wider)
  })
})

it('a column opened in full says what becomes of its cells', () => {
  const wizard = rounding()
  wizard.press('down', 'enter', 'down', 'enter')
  expect(wizard.state.detail?.text).toContain('1 exact, 0 normalized, 2 rounded, at most by 0.000004')
})
