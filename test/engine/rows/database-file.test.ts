/** Names from the journal: files within the folder, and never a text of SQL. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { MigrateError } from '../../../src/engine/model/errors.ts'
import { databaseFileIn } from '../../../src/engine/rows/database-file.ts'

it.each([
  ['app.db', 'app.db'],
  ['bots/one.sqlite', 'bots/one.sqlite'],
  ['shop.sql', 'shop.sql.db'],
  ['shop.SQL.gz', 'shop.SQL.gz.db'],
])('%s is written as %s', (database, file) => {
  expect(databaseFileIn('/back', database)).toBe(join('/back', file))
})

it.each(['..', '../app.db', '/etc/app.db', ''])('%j does not lead out of the folder', (database) => {
  expect(() => databaseFileIn('/back', database)).toThrow(MigrateError)
})
