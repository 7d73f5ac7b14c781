/**
 * An application in a process of its own: commits small transactions one after another and prints the number of each acknowledged one,
 * until it is killed, or its file is locked for too long. Arguments: file, pause in milliseconds, how long it waits for a lock.
 */
import Database from 'better-sqlite3'

const [file, pause, patience] = process.argv.slice(2)
const db = new Database(file!, { timeout: Number(patience) })
const insert = db.prepare('insert into orders(code, price, note) values (?, ?, ?)')
const change = db.prepare('update orders set price = price + 1, note = ? where id = ?')
const remove = db.prepare('delete from orders where id = ?')
const write = db.transaction((step: number) => {
  const { lastInsertRowid } = insert.run(
    `step ${step}`,
    step * 1.5,
    'n'.repeat(step % 5 === 0 ? 9000 : step % 90),
  )
  change.run('u'.repeat(step % 7 === 0 ? 12_000 : step % 40), Number(lastInsertRowid) - (step % 11))
  if (step % 6 === 0) remove.run(Number(lastInsertRowid) - 13)
})

for (let step = 1; ; step++) {
  try {
    write.immediate(step)
  } catch (error) {
    process.stdout.write(`refused ${(error as { code?: string }).code}\n`)
    process.exit(1)
  }
  process.stdout.write(`${step}\n`)
  await new Promise((resolve) => setTimeout(resolve, Number(pause)))
}
