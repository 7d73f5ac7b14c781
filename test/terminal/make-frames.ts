/**
 * Records `docs/frames/`: what the wizard shows in a real run in a real terminal of 80 by 24, sample databases into an
 * embedded PostgreSQL; as text (`.txt`) and with its colours (`.ansi`). `npm run frames`; then `npm run pictures`.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createSampleDatabases } from '../../src/engine/demo/sample-databases.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { Terminal } from './terminal.ts'

const frames = fileURLToPath(new URL('../../docs/frames', import.meta.url))
// Its name is in the frames.
const home = join(tmpdir(), 'gpt-trader')
mkdirSync(home)

try {
  mkdirSync(frames, { recursive: true })
  createSampleDatabases({ folder: join(home, 'data'), rows: 200_000, seed: 20250814 })
  await walk()
} finally {
  rmSync(home, { recursive: true, force: true })
}

async function walk(): Promise<void> {
  using terminal = new Terminal({ columns: 80, rows: 24, cwd: home })
  let number = 0
  const keep = (name: string): void => {
    const file = join(frames, `${String(++number).padStart(2, '0')}-${name}`)
    for (const [extension, screen] of [
      ['txt', terminal.text],
      ['ansi', terminal.coloured],
    ] as const)
      writeFileSync(
        `${file}.${extension}`,
        `${screen.replace('what stood here before\n', '').replaceAll(/ +$/gm, '')}\n`,
      )
  }
  await terminal.sees('6 databases', 'trading.db', 'enter continue')
  keep('discovery')
  terminal.press('enter')
  await terminal.sees('An embedded PostgreSQL')
  terminal.press('enter')
  await terminal.sees(/✓ PostgreSQL/)
  keep('connection')
  terminal.press('enter')
  await terminal.sees('Continue: move')
  keep('preview')
  terminal.press('down', 'enter')
  await terminal.sees('Columns', 'how')
  terminal.press('escape')
  await terminal.sees('Continue: move')
  terminal.press('down', 'enter')
  await terminal.sees('Columns', 'how')
  keep('table')
  terminal.press('tab')
  await terminal.sees('Row 1')
  keep('sample-rows')
  terminal.press('tab')
  await terminal.sees('create table')
  keep('ddl')
  terminal.press('escape')
  await terminal.sees('Continue: move')
  terminal.press('f')
  await terminal.sees(/^ \d+ findings?$/m)
  keep('findings')
  terminal.press('escape')
  await terminal.sees('Continue: move')
  terminal.press('?')
  await terminal.sees('Keys in Preview')
  keep('help')
  terminal.press('escape')
  await terminal.sees('Continue: move')
  terminal.press('home', 'enter')
  await terminal.sees(/Move [\d,]+ rows\?/)
  keep('confirm')
  terminal.press('enter')
  await terminal.sees(/\d+ tables? waiting/, /[1-9]\d? %/)
  keep('migration')
  await terminal.sees('Moved and verified')
  keep('summary')
  terminal.press('f')
  await terminal.sees('Nothing has changed since then')
  await trade(8)
  await terminal.sees('rows changed since then', 'trading.db/orders')
  keep('following')
  terminal.press('c')
  await terminal.sees('Cut over to PostgreSQL?', 'Name')
  keep('cut-over')
  terminal.kill('SIGTERM')
  await terminal.ended()
}

/** What an application writes in so many seconds. */
async function trade(seconds: number): Promise<void> {
  const db = openWritable(join(home, 'data', 'trading.db'))
  for (let second = 0; second < seconds; second++) {
    db.exec(`begin immediate;
      update orders set quantity = quantity + 1 where id % 97 = ${second};
      delete from trades where id = (select max(id) from trades);
      commit`)
    await setTimeout(1_000)
  }
  db.close()
}
