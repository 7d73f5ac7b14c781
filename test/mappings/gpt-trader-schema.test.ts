import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { columnOf, designTables, finishTable } from '../../src/engine/plan/base/designed-tables.ts'
import { spellType } from '../../src/engine/plan/evidence/spell-type.ts'
import { gptTrader } from '../../src/mappings/gpt-trader/index.ts'

const plan = readFileSync(new URL('support/migration-plan.sql', import.meta.url), 'utf8')
const drafts = designTables(gptTrader, 'uuid_generate_v4()')

/** The plan's own words, read another way than the mapping's. */
function plannedTables(): Map<string, string[]> {
  const tables = new Map<string, string[]>()
  for (const [, name, body] of plan.matchAll(/^CREATE TABLE (\w+\.\w+) \(\n(.*?)^\)/gms)) {
    tables.set(
      name!,
      body!
        .split('\n')
        .map((line) => line.trim().replace(/,$/, ''))
        .filter((line) => line !== ''),
    )
  }
  return tables
}

const ownTables = [
  'ml.feature_importance',
  'ml.model_versions',
  'ml.training_runs',
  'ml.model_performance',
  'portfolio.rebalancing_costs',
]

describe('the designed tables say what the migration plan says', () => {
  test('15 planned tables and 5 of our own make 20', () => {
    expect([...plannedTables().keys()].sort()).toEqual(
      [...drafts.keys()].filter((name) => !ownTables.includes(name)).sort(),
    )
    expect(drafts.size).toBe(20)
    expect(ownTables.every((name) => drafts.has(name))).toBe(true)
  })

  test.each([...plannedTables()])('%s: names, types, defaults, not null, in order', (name, lines) => {
    const draft = drafts.get(name)!
    const columns = lines.filter((line) => !line.startsWith('PRIMARY KEY'))
    expect(draft.columns.map((column) => column.name)).toEqual(columns.map((line) => line.split(' ')[0]))
    for (const line of columns) {
      const words = line.toLowerCase()
      const column = columnOf(draft, line.split(' ')[0]!)
      const type = words
        .split(' ')
        .slice(1)
        .join(' ')
        .match(/^(timestamp with time zone|\w+(\([\d,]+\))?)/)![0]
      const serial = type.endsWith('serial')
      expect(column.sequence, line).toBe(serial ? type : null)
      const expected = serial
        ? type === 'serial'
          ? 'integer'
          : 'bigint'
        : spellType(type.replace('decimal', 'numeric'))
      expect(column.type, line).toBe(expected)
      expect(!column.nullable, line).toBe(words.includes('not null') || serial)
      expect(column.default, line).toBe(words.match(/default (\S+)/)?.[1] ?? null)
      const references = line.match(/REFERENCES (\w+)\.(\w+)\((\w+)\)/)
      const key = draft.foreignKeys.find((candidate) => candidate.columns[0] === column.name)
      expect(
        key === undefined ? null : [key.references.schema, key.references.table, ...key.references.columns],
        line,
      ).toEqual(references === null ? null : references.slice(1, 4))
    }
  })

  test('every index of the plan, by its name', () => {
    for (const [, name, table, columns, where] of plan.matchAll(
      /CREATE INDEX (\w+) ON (\w+\.\w+)\(([^)]+)\)(?: WHERE (.+))?;/g,
    )) {
      const index = drafts.get(table!)?.indexes.find((candidate) => candidate.name === name)
      const written = index?.parts.map((part) =>
        'column' in part ? part.column + (part.descending ? ' DESC' : '') : '',
      )
      expect(written?.join(', '), name).toBe(columns)
      expect(index?.where?.toLowerCase() ?? undefined, name).toBe(where?.toLowerCase())
    }
  })

  test('uuid columns that foreign keys name are unique, and keys hold what the plan has', () => {
    for (const draft of drafts.values()) {
      for (const { references } of draft.foreignKeys) {
        const parent = drafts.get(`${references.schema}.${references.table}`)!
        expect(parent.uniques).toContainEqual(references.columns)
        expect(columnOf(parent, references.columns[0]!).type).toBe('uuid')
      }
    }
    expect(drafts.get('ml.predictions')?.primaryKey).toEqual(['timestamp', 'symbol', 'model_id'])
    expect(drafts.get('ml.feature_values')?.primaryKey).toEqual(['timestamp', 'symbol', 'feature_set_id'])
    expect(finishTable(drafts.get('trading.orders')!).checks).toEqual([
      { name: 'orders_side_check', expression: "side in ('buy', 'sell')" },
    ])
  })
})

test('every column that the mapping speaks of is in its target', () => {
  for (const [database, { tables }] of Object.entries(gptTrader.databases)) {
    for (const [name, table] of Object.entries(tables)) {
      if (!('target' in table)) continue
      const target = drafts.get(table.target)!
      for (const column of Object.keys(table.columns ?? {})) {
        expect(
          target.columns.some((candidate) => candidate.name === column),
          `${database} ${name} ${column}`,
        ).toBe(true)
      }
    }
  }
})
