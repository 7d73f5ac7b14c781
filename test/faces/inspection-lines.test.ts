import { expect, it } from 'vitest'
import { inspectionLines } from '../../src/faces/inspection-lines.ts'

it('names a path once, whatever its reason begins with', () => {
  const lines = inspectionLines({
    discovery: {
      databases: [],
      passedOver: [
        { path: '/x/a.db', reason: '/x/a.db is not a SQLite database.' },
        { path: '/x/b.db', reason: 'It is another name of /x/c.db.' },
      ],
    },
    catalogs: [],
    censuses: [],
  })
  expect(lines).toEqual([
    'passed over /x/a.db: it is not a SQLite database.',
    'passed over /x/b.db: It is another name of /x/c.db.',
  ])
})
