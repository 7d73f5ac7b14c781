/** The advice about indexes: which one is the beginning of another, and which references none serves. */

import { expect, it } from 'vitest'
import type { TargetIndex, TargetTable } from '../../../src/engine/model/target-schema.ts'
import { redundantIndexes, unindexedReferences } from '../../../src/engine/report/index-steps.ts'
import { targetTable } from '../plan/target-samples.ts'

const index = (name: string, on: string, more: Partial<TargetIndex> = {}): TargetIndex => ({
  name,
  unique: false,
  where: null,
  parts: on.split(',').map((part) => ({
    column: part.replace(' desc', ''),
    descending: part.endsWith(' desc'),
    collation: null,
  })),
  ...more,
})

const table = (change: Partial<TargetTable>): TargetTable =>
  targetTable('s', 't', { primaryKey: { name: 't_pkey', columns: ['a', 'b'] }, ...change })

it('an index is redundant where it begins another of the same order, and says nothing of its own', () => {
  const indexes = [
    index('begins_key', 'a'),
    index('other_column', 'b'),
    index('other_order', 'a desc'),
    index('of_some', 'a', { where: 'b > 0' }),
    index('rule', 'a', { unique: true }),
    index('first', 'c,d'),
    index('twin', 'c,d'),
    index('begins_index', 'c'),
  ]
  expect(redundantIndexes(table({ indexes }))).toEqual([
    ['begins_key', 't_pkey'],
    ['twin', 'first'],
    ['begins_index', 'first'],
  ])
})

it('a reference is served by a key or an index that its columns lead, in any order', () => {
  const reference = (name: string, columns: readonly string[]): TargetTable['foreignKeys'][number] => ({
    name,
    columns,
    references: { schema: 's', table: 'parent', columns },
    onDelete: null,
    onUpdate: null,
    deferrable: false,
    validated: true,
  })
  const foreignKeys = [
    reference('by_key', ['b', 'a']),
    reference('by_index', ['c']),
    reference('inside_key', ['b']),
    reference('only_some', ['d']),
  ]
  const indexes = [index('i', 'c,e'), index('j', 'd', { where: 'd > 0' })]
  expect(unindexedReferences(table({ foreignKeys, indexes })).map(({ name }) => name)).toEqual([
    'inside_key',
    'only_some',
  ])
})
