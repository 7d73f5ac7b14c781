import { expect, it } from 'vitest'
import { filterByName } from '../../../src/wizard/steps/list-search.ts'

const tables = ['public.a', 'public.b', 'books.trades']
const found = (filter: string) =>
  filterByName(tables, filter, (whole) => ({ own: whole.split('.')[1]!, whole }))

it('finds tables by their own names before those whose schema is written so', () => {
  expect(found('b')).toEqual(['public.b'])
  expect(found('publ')).toEqual(['public.a', 'public.b'])
  expect(found('books trad')).toEqual(['books.trades'])
  expect(found('')).toEqual(tables)
  expect(found('none')).toEqual([])
})
