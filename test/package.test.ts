/** What keeps `npm ci` from building what its package brings built, where there is no compiler and no network. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (path: string) => JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'))

it('better-sqlite3, whose binding.gyp npm takes for an order to build, is not built', () => {
  // npm 11 asks here.
  expect(read('package.json').allowScripts['better-sqlite3']).toBe(false)
  // Older ones look for the package's own `gypfile` in the lock file, where `npm install` does not write it: put it back.
  expect(read('package-lock.json').packages['node_modules/better-sqlite3'].gypfile).toBe(false)
})
