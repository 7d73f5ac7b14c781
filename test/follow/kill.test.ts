/** kill -9 at random moments while an application writes: whenever a follower comes through, the target is the source, row by row. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { seededRandom } from '../../src/engine/demo/random.ts'
import { openReadOnly, openWritable } from '../../src/engine/source/base/sqlite.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { killsOfFollower as kills, seed } from '../support/breadth.ts'
import { runCommand } from '../support/command.ts'
import { anyServer, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { startProgram } from '../support/program.ts'

const writerFile = fileURLToPath(new URL('../support/writer.ts', import.meta.url))

for (const journalMode of ['wal', 'delete'] as const) {
  const title = `loses, doubles and changes nothing in ${kills} kills, journal mode ${journalMode} (seed ${seed})`
  it(title, { timeout: 60_000 + kills * 30_000 }, async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'app.db')
    const db = openWritable(file)
    db.pragma(`journal_mode = ${journalMode}`)
    db.exec(`create table orders(id integer primary key, code text, price real, note text);
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
        insert into orders(code, price) select 'c' || i, i from n`)
    db.close()
    const database = await freshDatabase(anyServer().url)
    const work = ['--target', database.url, '--work-folder', join(folder, 'work')]
    const random = seededRandom(seed)
    expect((await runCommand(['--yes', '--source', file, ...work], { cwd: folder })).exitCode).toBe(0)
    const writer = spawn(process.execPath, [writerFile, file, '8', '5000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      for (let killed = 0; killed < kills; killed++) {
        const { child, ended } = startProgram(['follow', ...work])
        // From the start on, which takes the following over, into the rounds.
        await Promise.race([once(child.stdout!, 'data'), ended])
        setTimeout(() => child.kill('SIGKILL'), random.unit() * 1_200)
        expect(await ended).toMatchObject({ signal: 'SIGKILL', errors: '' })
      }
      writer.kill('SIGKILL')
      await once(writer, 'exit')
      // What a writer left that was killed within a transaction is undone by the application's next start, and waited for until then.
      const application = openWritable(file)
      application.prepare('select count(*) from orders').get()
      application.close()
      const { child, ended } = startProgram(['follow', '--json', ...work])
      let events = ''
      child.stdout!.on('data', (chunk) => {
        events += chunk
        // Nothing is written any more: a look that finds nothing new has seen everything.
        if (events.includes('"follow-lag"')) child.kill('SIGINT')
      })
      expect((await ended).exitCode).toBe(130)
      const connection = await connect(database.address)
      const { rows } = await connection.query(
        'select id::float8 as id, code, price, note from public.orders order by 1',
      )
      await connection.end()
      const source = openReadOnly(file)
      expect(rows).toEqual(source.prepare('select id, code, price, note from orders order by id').all())
      source.close()
    } finally {
      writer.kill('SIGKILL')
      await database.drop()
    }
  })
}
