import { mkdirSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSampleDatabases } from '../../../src/engine/demo/sample-databases.ts'
import { dialects } from '../../mappings/dialects/index.ts'
import { isNight } from '../../support/breadth.ts'
import { forEachServerNightly, freshDatabase } from '../../support/databases.ts'
import { temporaryFolder } from '../../support/folders.ts'
import { exportFrom, migrateExactly } from './exported.ts'
import { contentOf } from './same-databases.ts'

function databasesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.db'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}

const sets = [
  // By day every fourth one, and no one that test/run/dialects.test.ts moves.
  ...dialects.filter((_, index) => isNight || index % 4 === 1),
  {
    name: 'the sample databases',
    create: (folder: string) => void createSampleDatabases({ folder, rows: isNight ? 2000 : 600, seed: 3 }),
  },
]

forEachServerNightly((server) => {
  describe('after an exact run the way back gives the sources again', () => {
    it.each(sets)('$name', async (set) => {
      const folder = temporaryFolder()
      const sources = join(folder, 'sources')
      mkdirSync(sources)
      set.create(sources)
      const database = await freshDatabase(server.url)
      try {
        const report = await migrateExactly(sources, database, folder, 'allowMissing' in set)
        expect(['ok', 'quarantined']).toContain(report?.status)
        const back = join(folder, 'back')
        const exported = await exportFrom(database, back)
        expect(exported).toMatchObject({ unwritten: [], unwrittenCount: 0, empty: [] })
        expect(exported.tables.filter(({ rowidsKept, stray }) => !rowidsKept || stray > 0)).toEqual([])
        expect(exported.databases.map((one) => one.database).sort()).toHaveLength(databasesIn(sources).length)
        for (const { database: name, file } of exported.databases) {
          const original = report!.sources.find((source) => source.database === name)!
          expect(contentOf(file), name).toEqual(contentOf(original.path))
        }
        expect(databasesIn(back)).toHaveLength(exported.databases.length)
      } finally {
        await database.drop()
      }
    })
  })
})
