/** Which tables may be indexed while others are still being copied. */
import { describe, expect, it } from 'vitest'
import { BlockBook } from '../../../../src/engine/journal/block-book.ts'
import type { Block } from '../../../../src/engine/model/block.ts'
import type { CopyPlan, Plan } from '../../../../src/engine/model/plan.ts'
import type { TargetTable } from '../../../../src/engine/model/target-schema.ts'
import type { ObjectKind, Statement } from '../../../../src/engine/plan/ddl/ddl-statement.ts'
import { LoadedTables } from '../../../../src/engine/run/load/loaded-tables.ts'
import { SharedCores } from '../../../../src/engine/threads/shared-cores.ts'
import { usualOptions } from '../../../support/plan-options.ts'

const named = (table: string) => ({ schema: 'public', table })

/** `tables`: rows by the id of a source table; `a/1` and `a/2` fill the target table `a`, and `folded` is folded into another. */
function planOf(tables: Record<string, number>, more: Partial<TargetTable> = {}): Plan {
  const targetOf = (id: string): string => id.split('/')[0]!
  return {
    version: 1,
    mapping: 'auto',
    sources: [],
    options: usualOptions,
    tables: Object.keys(tables).map((id) => ({
      id,
      database: 'd',
      table: id,
      fate:
        id === 'folded'
          ? { kind: 'fold', into: 'large', column: 'c' }
          : { kind: 'copy', copy: { target: named(targetOf(id)) } as CopyPlan },
    })),
    schema: {
      extensions: [],
      schemas: [],
      tables: [...new Set(Object.keys(tables).map(targetOf))].map(
        (table) => ({ ...named(table), existing: false, ...more }) as TargetTable,
      ),
    },
    findings: [],
    amendments: [],
    sourceRows: tables,
  }
}

const blockOf = (tableId: string, rows: number): Block => ({
  tableId,
  number: 0,
  range: { after: null, through: null },
  rowsBefore: 0,
  rows,
})

function statement(kind: ObjectKind, table: string): Statement {
  return { sql: '', object: { kind, schema: 'public', name: kind }, table: named(table) }
}

/** Tables of one block each, of which nothing is copied. */
function loading(
  tables: Record<string, number>,
  {
    keys = [...new Set(Object.keys(tables).map((id) => id.split('/')[0]!))],
    indexes = [],
    lanes = 2,
    cores = new SharedCores(lanes),
    more,
  }: {
    readonly keys?: readonly string[]
    readonly indexes?: readonly string[]
    readonly lanes?: number
    readonly cores?: SharedCores
    readonly more?: Partial<TargetTable>
  } = {},
) {
  const blocks = new Map(Object.entries(tables).map(([id, rows]) => [id, blockOf(id, rows)]))
  const loaded = new LoadedTables(
    planOf(tables, more),
    new BlockBook([...blocks.values()].map((block) => ({ block, outcome: null }))),
    [
      ...keys.map((table) => statement('primary-key', table)),
      ...indexes.map((table) => statement('index', table)),
    ],
    { lanes, cores },
  )
  return { loaded, copy: (id: string) => loaded.enter(blocks.get(id)!) }
}

describe('tables that are loaded while others are still being copied', () => {
  it('are indexed when that takes as long as all that is left', () => {
    // A key of 100 rows takes as long as 50 rows copied: 30 rows and their key as long as 45.
    const { loaded, copy } = loading({ large: 100, small: 30 })
    expect(loaded.mayIndex(named('large'))).toBe(false)
    copy('large')
    expect(loaded.mayIndex(named('large'))).toBe(true)
  })

  it('wait while there will be enough beside their indexes', () => {
    const { loaded, copy } = loading({ large: 100, small: 40 })
    copy('large')
    expect(loaded.mayIndex(named('large'))).toBe(false)
    copy('small')
    expect([loaded.mayIndex(named('large')), loaded.mayIndex(named('small'))]).toEqual([true, false])
  })

  it('do not wait where many sessions share what is left', () => {
    const { loaded, copy } = loading({ large: 100, small: 100 }, { lanes: 4 })
    copy('large')
    expect(loaded.mayIndex(named('large'))).toBe(true)
  })

  it('have indexes beside their keys that are built side by side', () => {
    const few = loading({ large: 100, small: 50 }, { indexes: ['large'] })
    const many = loading({ large: 100, small: 50 }, { indexes: ['large', 'large', 'large'] })
    few.copy('large')
    many.copy('large')
    expect([few.loaded.mayIndex(named('large')), many.loaded.mayIndex(named('large'))]).toEqual([true, false])
  })

  it('are loaded when all their sources are', () => {
    const { loaded, copy } = loading({ 'large/1': 100, 'large/2': 100, small: 10 })
    copy('large/1')
    expect(loaded.mayIndex(named('large'))).toBe(false)
    copy('large/2')
    expect(loaded.mayIndex(named('large'))).toBe(true)
  })

  it('do not wait for the block of a folded table, which copies nothing', () => {
    const { loaded, copy } = loading({ large: 100, folded: 1_000, small: 10 })
    copy('large')
    expect(loaded.mayIndex(named('large'))).toBe(true)
    copy('folded')
    expect(loaded.mayIndex(named('large'))).toBe(true)
  })

  it('leave one core to the copy', () => {
    const cores = new SharedCores(2)
    const { loaded, copy } = loading({ large: 100, small: 10 }, { cores })
    copy('large')
    const giveBack = cores.take()
    expect(loaded.mayIndex(named('large'))).toBe(false)
    giveBack()
    expect(loaded.mayIndex(named('large'))).toBe(true)
  })

  it.each([
    ['a single session copies', { lanes: 1, cores: new SharedCores() }],
    ['tables existed before', { more: { existing: true } }],
    ['tables are distributed', { more: { distribution: { kind: 'reference' } as never } }],
    ['tables are hypertables', { more: { hypertable: {} as never } }],
  ])('wait for all others where %s', (_name, options) => {
    const { loaded, copy } = loading({ large: 100, small: 10 }, options)
    copy('large')
    expect(loaded.mayIndex(named('large'))).toBe(false)
    copy('small')
    loaded.complete()
    expect([loaded.mayIndex(named('large')), loaded.mayIndex(named('elsewhere'))]).toEqual([true, true])
  })
})

it('reports every change, and the end of the load once', async () => {
  const { loaded, copy } = loading({ large: 100, small: 10 })
  let changes = 0
  loaded.onChange(() => changes++)
  copy('large')
  loaded.giveUp()
  loaded.complete()
  expect([changes, loaded.isGivenUp, loaded.isComplete]).toEqual([2, true, false])
  expect(await loaded.end).toBe(false)
  expect(loaded.mayIndex(named('large'))).toBe(false)
})
