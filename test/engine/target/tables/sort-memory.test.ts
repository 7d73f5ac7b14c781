import { expect, it } from 'vitest'
import { connect } from '../../../../src/engine/target/connection/connection.ts'
import { setSortMemory, sortMegabytes } from '../../../../src/engine/target/tables/sort-memory.ts'
import { forEachServer, freshDatabase } from '../../../support/databases.ts'

it('grows with the square root of the rows, within bounds', () => {
  const rows = [0, 1, 3e6, 3e6 + 1, 12e6, 12e6 + 1, 48e6, 768e6, 3072e6, 1e15]
  expect(rows.map(sortMegabytes)).toEqual([8, 8, 8, 16, 16, 32, 32, 128, 256, 256])
})

forEachServer((server) => {
  it('sorts in memory where the server limits temporary files', async () => {
    const database = await freshDatabase(server.url)
    const connection = await connect(database.address)
    try {
      const memory = async (): Promise<unknown> =>
        (await connection.queryOne('show maintenance_work_mem')).maintenance_work_mem
      await connection.execute(
        'create table public.t as select i, md5(i::text) as x from generate_series(1, 250000) i',
      )
      // Helpers of the server's hand on what they sorted in files, whatever their memory.
      await connection.execute('set max_parallel_maintenance_workers = 0')
      await setSortMemory(connection, 8)
      expect(await memory()).toBe('8MB')
      await connection.execute("set temp_file_limit = '1MB'")
      await expect(connection.execute('create index on public.t (x)')).rejects.toThrow('temp_file_limit')
      await setSortMemory(connection, 8)
      expect(await memory()).toBe('256MB')
      await connection.execute('create index on public.t (x)')
    } finally {
      await connection.end()
      await database.drop()
    }
  })
})
