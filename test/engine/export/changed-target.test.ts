import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openReadOnly } from '../../../src/engine/source/base/sqlite.ts'
import { connect } from '../../../src/engine/target/connection/connection.ts'
import { dialects } from '../../mappings/dialects/index.ts'
import { forEachServerNightly, freshDatabase } from '../../support/databases.ts'
import { temporaryFolder } from '../../support/folders.ts'
import { exportFrom, migrateExactly } from './exported.ts'

type Rows = readonly Record<string, unknown>[]

function rowsOf(file: string, sql: string): Rows {
  using db = openReadOnly(file, { immutable: true })
  return db.prepare(sql).all() as Rows
}

forEachServerNightly((server) => {
  it.each(['integer-ids', 'broker-ids'])(
    'what was changed in PostgreSQL is there in the old layout: %s',
    async (name) => {
      const folder = temporaryFolder()
      const sources = join(folder, 'sources')
      mkdirSync(sources)
      dialects.find((dialect) => dialect.name === name)!.create(sources)
      const database = await freshDatabase(server.url)
      const connection = await connect(database.address)
      try {
        await migrateExactly(sources, database, folder)
        const { rows } = await connection.query<{ id: string; order_id: string }>(
          'select id, order_id from trading.orders order by id limit 3',
        )
        const [first, second] = rows
        await connection.query(`update trading.orders set quantity = 42.5 where id = $1`, [first!.id])
        const inserted = await connection.queryOne<{ id: string; order_id: string }>(
          `insert into trading.orders (order_id, symbol, side, order_type, quantity, status, submitted_at, created_at)
         select gen_random_uuid(), 'NEW', side, order_type, 7, status, submitted_at, created_at from trading.orders where id = $1
         returning id, order_id::text`,
          [second!.id],
        )
        const { rows: trades } = await connection.query<{ id: string }>(
          'select id from trading.trades where order_id is not null order by id limit 2',
        )
        await connection.query('delete from trading.trades where id = $1', [trades[0]!.id])
        await connection.query('update trading.trades set order_id = $1 where id = $2', [
          inserted.order_id,
          trades[1]!.id,
        ])

        const back = join(folder, 'back')
        const exported = await exportFrom(database, back)
        expect(exported.unwritten).toEqual([])
        const before = join(sources, 'trading.db')
        const after = join(back, 'trading.db')
        const all = 'select rowid as "@", * from'
        const ordersBefore = rowsOf(before, `${all} orders order by rowid`)
        const ordersAfter = rowsOf(after, `${all} orders order by rowid`)
        expect(ordersAfter).toHaveLength(ordersBefore.length + 1)
        expect(ordersAfter[0]).toEqual({ ...ordersBefore[0], [quantityOf(ordersBefore)]: 42.5 })
        expect(ordersAfter.slice(1, -1)).toEqual(ordersBefore.slice(1))
        const added = ordersAfter.at(-1)!
        expect(added).toMatchObject({ symbol: 'NEW', [quantityOf(ordersBefore)]: 7 })

        const tradesBefore = rowsOf(before, `${all} trades order by rowid`)
        const tradesAfter = rowsOf(after, `${all} trades order by rowid`)
        const gone = tradesBefore.find((trade) => String(trade['@']) === String(trades[0]!.id))!
        const moved = tradesBefore.find((trade) => String(trade['@']) === String(trades[1]!.id))!
        const idOfOrder = name === 'integer-ids' ? Number(inserted.id) : inserted.order_id
        expect(tradesAfter).toEqual(
          tradesBefore
            .filter((trade) => trade !== gone)
            .map((trade) => (trade === moved ? { ...trade, order_id: idOfOrder } : trade)),
        )
        expect(rowsOf(join(back, 'ml_models.db'), `${all} models`)).toEqual(
          rowsOf(join(sources, 'ml_models.db'), `${all} models`),
        )
      } finally {
        await connection.end()
        await database.drop()
      }
    },
  )
})

const quantityOf = (rows: Rows): string => ('quantity' in rows[0]! ? 'quantity' : 'qty')
