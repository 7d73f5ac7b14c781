import { expect, it } from 'vitest'
import { conversionTo } from '../../../../src/engine/plan/evidence/conversion-to.ts'
import { spellType } from '../../../../src/engine/plan/evidence/spell-type.ts'
import { censusOf, columnOf, factsOf } from '../samples.ts'

it.each([
  ['Timestamptz (3)', 'timestamp(3) with time zone'],
  ['timestamp', 'timestamp without time zone'],
  ['timestamp(3) with time zone', 'timestamp(3) with time zone'],
  ['time', 'time without time zone'],
  ['varchar(20)', 'character varying(20)'],
  ['VARCHAR', 'character varying'],
  ['decimal(20,8)', 'numeric(20,8)'],
  ['numeric(20,8)', 'numeric(20,8)'],
  ['int2', 'smallint'],
  ['double  precision', 'double precision'],
])('%s is %s', (words, spelled) => {
  expect(spellType(words)).toBe(spelled)
  expect(conversionTo(words, factsOf(columnOf('TEXT'), censusOf()))).not.toBeNull()
})

it.each(['constructor', '__proto__', 'text); drop table x; --', ''])('%j stays as it is', (words) => {
  expect(spellType(words)).toBe(words)
  expect(conversionTo(words, factsOf(columnOf('TEXT'), censusOf()))).toBeNull()
})
