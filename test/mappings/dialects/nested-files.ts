import { join } from 'node:path'
import type { Dialect } from './index.ts'
import { integerStyle } from './integer-ids.ts'
import { momentOf, symbols } from './logical.ts'
import { writeDatabase, writeSet } from './write-set.ts'

/** The six files deep in folders, with tables that the plan doesn't know, and other files of the bot beside them. */
export const nestedFiles: Dialect = {
  name: 'nested-files',
  create: (folder) => {
    writeSet(
      folder,
      { ...integerStyle, seed: 10, file: (database) => join('data', database.split('.')[0]!, database) },
      (database, db) => {
        if (database !== 'trading.db') return
        db.exec(`create table components (name text primary key, kind text not null, config json, enabled boolean default 1) without rowid;
          create table executions (id integer primary key, order_id integer references orders(id), venue text, latency_ms real);
          create index executions_by_order on executions(order_id desc)`)
        const component = db.prepare('insert into components values (?, ?, ?, ?)')
        const execution = db.prepare('insert into executions values (?, ?, ?, ?)')
        for (let row = 0; row < 40; row++) component.run(`component_${row}`, 'strategy', '{"a": 1}', row % 2)
        for (let row = 0; row < 200; row++) execution.run(row + 1, (row % 240) + 1, 'coinbase', row / 7)
      },
    )
    writeDatabase(join(folder, 'data/trading/live_trading.db'), (db) => {
      db.exec(`create table orders (order_id text primary key, symbol text, qty real, created_at text);
        create table quotes (symbol text, bid real, ask real, ts integer);
        create table bars (symbol text, ts integer, open real, high real, low real, close real, volume integer, primary key (symbol, ts));
        create table components (component_id text primary key, payload blob)`)
      const order = db.prepare('insert into orders values (?, ?, ?, ?)')
      const quote = db.prepare('insert into quotes values (?, ?, ?, ?)')
      const bar = db.prepare('insert into bars values (?, ?, ?, ?, ?, ?, ?)')
      const component = db.prepare('insert into components values (?, ?)')
      for (let row = 0; row < 150; row++) {
        const symbol = symbols[row % symbols.length]!
        order.run(`L-${row}`, symbol, row / 3, new Date(momentOf(row)).toISOString())
        quote.run(symbol, 100 + row / 7, 100.5 + row / 7, momentOf(row))
        bar.run(symbol, momentOf(row), row, row + 1, row - 1, row + 0.5, row * 100)
        component.run(`c${row}`, Buffer.from([row, 0, 1]))
      }
    })
    writeDatabase(join(folder, 'data/risk/circuit_breakers.db'), (db) => {
      db.exec(`create table circuit_breaker_events (id integer primary key autoincrement, rule text, triggered_at timestamp, value real);
        create table alert_rules (rule_id integer primary key, name text unique, threshold decimal(10,4), active boolean)`)
      const event = db.prepare(
        'insert into circuit_breaker_events (rule, triggered_at, value) values (?, ?, ?)',
      )
      const rule = db.prepare('insert into alert_rules values (?, ?, ?, ?)')
      for (let row = 0; row < 60; row++)
        event.run(`rule_${row % 5}`, new Date(momentOf(row)).toISOString(), row / 9)
      for (let row = 0; row < 5; row++) rule.run(row, `rule_${row}`, 0.25 * row, row % 2)
    })
  },
}
