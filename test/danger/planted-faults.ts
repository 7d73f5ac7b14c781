/**
 * Ways in which a target can differ from its source after a run, one statement each, on the sample databases and on `notes.db`.
 * docs/verification.md holds the same table.
 */
export type PlantedFault = {
  readonly danger: string
  readonly sql: string
  /** What verification says of it: a table or a check, and for cells what both sides hold. */
  readonly said: RegExp
  readonly area: 'cells' | 'rows' | 'shape' | 'record'
}

const entry = (table: string): string =>
  `ctid = (select ctid from gpt_migrate.${table} order by table_id, ordinal limit 1)`
const first = (table: string): string => `ctid = (select ctid from ${table} order by id limit 1)`

export const plantedFaults: readonly PlantedFault[] = [
  {
    danger: 'the last digit of a price',
    sql: `update trading.trades set price = price + 0.00000001 where ${first('trading.trades')}`,
    said: /trading\.db\/trades.*price/,
    area: 'cells',
  },
  {
    danger: 'the sign of a number',
    sql: `update trading.trades set quantity = -quantity where ${first('trading.trades')}`,
    said: /trading\.db\/trades.*quantity/,
    area: 'cells',
  },
  {
    danger: 'a microsecond',
    sql: `update trading.orders set submitted_at = submitted_at + interval '1 microsecond' where ${first('trading.orders')}`,
    said: /trading\.db\/orders.*submitted_at/,
    area: 'cells',
  },
  {
    danger: 'an hour, as by a wrong time zone, in every row',
    sql: `update trading.orders set submitted_at = submitted_at + interval '1 hour'`,
    said: /trading\.db\/orders.*submitted_at/,
    area: 'cells',
  },
  {
    danger: 'a day of a date',
    sql: `update notes.notes set day = day + 1 where ${first('notes.notes')}`,
    said: /notes\.db\/notes.*day/,
    area: 'cells',
  },
  {
    danger: 'capital and small letters',
    sql: `update trading.trades set symbol = lower(symbol) where ${first('trading.trades')}`,
    said: /trading\.db\/trades.*symbol/,
    area: 'cells',
  },
  {
    danger: 'a blank at the end',
    sql: `update notes.notes set body = body || ' ' where ${first('notes.notes')}`,
    said: /notes\.db\/notes.*body/,
    area: 'cells',
  },
  {
    danger: 'another Unicode form of the same letter',
    sql: `update notes.notes set body = normalize(body, NFD) where ${first('notes.notes')}`,
    said: /notes\.db\/notes.*body/,
    area: 'cells',
  },
  {
    danger: 'null made empty',
    sql: `update notes.notes set body = '' where body is null`,
    said: /notes\.db\/notes.*body/,
    area: 'cells',
  },
  {
    danger: 'empty made null',
    sql: `update notes.notes set body = null where body = ''`,
    said: /notes\.db\/notes.*body/,
    area: 'cells',
  },
  {
    danger: 'a missing time filled with now()',
    sql: `update trading.orders set cancelled_at = now() where ctid = (select ctid from trading.orders where cancelled_at is null limit 1)`,
    said: /trading\.db\/orders.*cancelled_at/,
    area: 'cells',
  },
  {
    danger: 'the sign of a zero',
    sql: `update notes.notes set zero = 0 where zero = 0`,
    said: /notes\.db\/notes.*zero/,
    area: 'cells',
  },
  {
    danger: 'a double rounded to four bytes',
    sql: `update notes.notes set ratio = ratio::real where ${first('notes.notes')}`,
    said: /notes\.db\/notes.*ratio/,
    area: 'cells',
  },
  {
    danger: 'one bit of a binary value',
    sql: `update notes.notes set data = set_bit(data, 0, 1 - get_bit(data, 0)) where ${first('notes.notes')}`,
    said: /notes\.db\/notes.*data/,
    area: 'cells',
  },
  {
    danger: 'a boolean inverted',
    sql: `update notes.notes set done = not done where ${first('notes.notes')}`,
    said: /notes\.db\/notes.*done/,
    area: 'cells',
  },
  {
    danger: 'one digit of a UUID',
    sql: `update trading.trades set trade_id = (translate(left(trade_id::text, 1), '0123456789abcdef', '123456789abcdef0') || substr(trade_id::text, 2))::uuid where ${first('trading.trades')}`,
    said: /trading\.db\/trades.*trade_id/,
    area: 'cells',
  },
  {
    danger: 'a reference to another parent',
    sql: `update trading.trades set order_id = (select order_id from trading.orders order by id desc limit 1) where ${first('trading.trades')}`,
    said: /trading\.db\/trades.*order_id/,
    area: 'cells',
  },
  {
    danger: 'a number in a JSON object',
    sql: `update ml.feature_values set features = jsonb_set(features, '{macd}', '0.5') where ${first('ml.feature_values')}`,
    said: /ml_features\.db\/feature_values.*features/,
    area: 'cells',
  },
  {
    danger: 'a key lost from a JSON object',
    sql: `update ml.feature_values set features = features - 'macd' where ${first('ml.feature_values')}`,
    said: /ml_features\.db\/feature_values.*features/,
    area: 'cells',
  },
  {
    danger: 'the order of a JSON array',
    sql: `update portfolio.optimization_runs set optimal_weights = jsonb_build_array(optimal_weights -> 1, optimal_weights -> 0) || (optimal_weights - 0 - 0) where ${first('portfolio.optimization_runs')}`,
    said: /optimization_runs.*optimal_weights/,
    area: 'cells',
  },
  {
    danger: 'a child lost from its fold',
    sql: `update portfolio.optimization_runs set optimal_weights = optimal_weights - 0 where ${first('portfolio.optimization_runs')}`,
    said: /optimization_runs.*optimal_weights/,
    area: 'cells',
  },
  {
    danger: 'two cells of one row swapped',
    sql: `update trading.trades set price = quantity, quantity = price where ${first('trading.trades')}`,
    said: /trading\.db\/trades.*(price|quantity)/,
    area: 'cells',
  },
  {
    danger: 'a cell swapped between two rows',
    sql: `with two as (select id, price, row_number() over (order by id) as n from trading.trades order by id limit 2)
          update trading.trades t set price = other.price from two join two other on other.n = 3 - two.n where t.id = two.id`,
    said: /trading\.db\/trades.*price/,
    area: 'cells',
  },
  {
    danger: 'a row lost',
    sql: `delete from trading.trades where ${first('trading.trades')}`,
    said: /trading\.db\/trades.*missing/,
    area: 'rows',
  },
  {
    danger: 'a row too many',
    sql: `insert into trading.trades (symbol, side, quantity, price, executed_at) values ('AAPL', 'buy', 1, 1, now())`,
    said: /trading\.db\/trades.*extra/,
    area: 'rows',
  },
  {
    danger: 'one row lost and another one added',
    sql: `with gone as (delete from trading.trades where ${first('trading.trades')} returning *)
          insert into trading.trades select moved.* from gone,
            jsonb_populate_record(null::trading.trades, to_jsonb(gone) || '{"id": 0}') moved`,
    said: /trading\.db\/trades/,
    area: 'rows',
  },
  {
    danger: 'a row twice in a table without a key',
    sql: `insert into notes.loose select * from notes.loose limit 1`,
    said: /notes\.db\/loose/,
    area: 'rows',
  },
  {
    danger: 'one of two equal rows lost',
    sql: `delete from notes.loose where ctid = (select ctid from notes.loose limit 1)`,
    said: /notes\.db\/loose/,
    area: 'rows',
  },
  {
    danger: 'a key changed',
    sql: `update notes.notes set id = 1000000 where ${first('notes.notes')}`,
    said: /notes\.db\/notes/,
    area: 'rows',
  },
  {
    danger: 'rows hidden by row security',
    sql: `alter table notes.notes enable row level security`,
    said: /Row security/,
    area: 'shape',
  },
  {
    danger: 'a partition detached, with its rows',
    sql: `do $$ declare part regclass; begin
            select tableoid::regclass into part from ml.feature_values limit 1;
            execute format('alter table ml.feature_values detach partition %s', part); end $$`,
    said: /feature_values/,
    area: 'shape',
  },
  {
    danger: 'a primary key dropped',
    sql: `alter table trading.trades drop constraint trades_pkey`,
    said: /trades/,
    area: 'shape',
  },
  {
    danger: 'a foreign key dropped',
    sql: `alter table trading.trades drop constraint trades_order_id_fkey`,
    said: /trades_order_id_fkey/,
    area: 'shape',
  },
  {
    danger: 'a foreign key that is not enforced',
    sql: `alter table trading.trades disable trigger all`,
    said: /trades_order_id_fkey.*not enforced/,
    area: 'shape',
  },
  {
    danger: 'another collation',
    sql: `alter table notes.notes alter column body type text collate "C"`,
    said: /body.*collation/,
    area: 'shape',
  },
  {
    danger: 'an identity that is always generated',
    sql: `alter table notes.notes alter column id set generated always`,
    said: /generated always/,
    area: 'shape',
  },
  {
    danger: 'a table that a crash would empty',
    sql: `alter table notes.loose set unlogged`,
    said: /unlogged/,
    area: 'shape',
  },
  {
    danger: 'an index dropped',
    sql: `drop index trading.idx_trades_symbol`,
    said: /idx_trades_symbol/,
    area: 'shape',
  },
  {
    danger: 'an index that is not valid',
    sql: `update pg_index set indisvalid = false where indexrelid = 'trading.idx_trades_symbol'::regclass`,
    said: /idx_trades_symbol/,
    area: 'shape',
  },
  {
    danger: 'a unique index made an ordinary one',
    sql: `drop index notes.notes_title; create index notes_title on notes.notes (title)`,
    said: /notes_title/,
    area: 'shape',
  },
  {
    danger: 'a check dropped',
    sql: `alter table trading.orders drop constraint orders_side_check`,
    said: /orders_side_check/,
    area: 'shape',
  },
  {
    danger: 'not null dropped',
    sql: `alter table trading.trades alter column price drop not null`,
    said: /price/,
    area: 'shape',
  },
  {
    danger: 'a default dropped',
    sql: `alter table trading.orders alter column filled_quantity drop default`,
    said: /filled_quantity/,
    area: 'shape',
  },
  {
    danger: 'another default',
    sql: `alter table trading.positions alter column status set default 'closed'`,
    said: /status/,
    area: 'shape',
  },
  {
    danger: 'a type made narrower',
    sql: `alter table trading.trades alter column price type numeric(20,10)`,
    said: /price/,
    area: 'shape',
  },
  {
    danger: 'a column dropped',
    sql: `alter table notes.notes drop column body`,
    said: /body/,
    area: 'shape',
  },
  {
    danger: 'a sequence behind its column',
    sql: `select setval('trading.trades_id_seq', 1)`,
    said: /trades/,
    area: 'shape',
  },
  {
    danger: 'a trigger that refuses rows',
    sql: `create function refuse() returns trigger language plpgsql as 'begin raise exception ''no''; end';
          create trigger refuse before insert on trading.orders for each row execute function refuse()`,
    said: /orders/,
    area: 'shape',
  },
  {
    danger: 'the table replaced by a view of it',
    sql: `alter table notes.loose rename to loose_kept; create view notes.loose as table notes.loose_kept`,
    said: /loose/,
    area: 'shape',
  },
  {
    danger: 'a row removed from quarantine',
    sql: `delete from gpt_migrate.quarantine where ctid = (select ctid from gpt_migrate.quarantine limit 1)`,
    said: /1 in quarantine, by the journal/,
    area: 'record',
  },
  {
    danger: 'a cell of a quarantined row',
    sql: `update gpt_migrate.quarantine set cells = (cells::jsonb || '{"price": {"text": "1"}}')::json where ${entry('quarantine')}`,
    said: /gpt_migrate\.quarantine.*price/,
    area: 'record',
  },
  {
    danger: 'why a row is in quarantine',
    sql: `update gpt_migrate.quarantine set code = 'orphan' where ${entry('quarantine')}`,
    said: /gpt_migrate\.quarantine.*orphan/,
    area: 'record',
  },
  {
    danger: 'one row in quarantine in place of another',
    sql: `update gpt_migrate.quarantine set ordinal = ordinal + 1000000 where ${entry('quarantine')}`,
    said: /missing-row.*gpt_migrate\.quarantine|gpt_migrate\.quarantine.*missing-row/,
    area: 'record',
  },
  {
    danger: 'an original lost from the archive',
    sql: `delete from gpt_migrate.archive where ${entry('archive')}`,
    said: /missing-row.*gpt_migrate\.archive/,
    area: 'record',
  },
  {
    danger: 'an original altered in the archive',
    sql: `update gpt_migrate.archive set rows = replace(rows::text, '0', '1')::json where ctid = (select ctid from gpt_migrate.archive where rows::text like '%0%' limit 1)`,
    said: /changed.*gpt_migrate\.archive/,
    area: 'record',
  },
  {
    danger: 'an original of another row',
    sql: `update gpt_migrate.archive set target_row = repeat('0', 32) where ctid = (select ctid from gpt_migrate.archive where target_row is not null limit 1)`,
    said: /changed.*gpt_migrate\.archive.*target row/,
    area: 'record',
  },
  {
    danger: 'an entry in the archive that no row left there',
    sql: `insert into gpt_migrate.archive (run, table_id, block, ordinal, key, key_digest, kind, rows)
          select run, table_id, 77, 999999, key, key_digest, kind, rows from gpt_migrate.archive limit 1`,
    said: /extra-row.*gpt_migrate\.archive/,
    area: 'record',
  },
  {
    danger: 'a block removed from the journal',
    sql: `delete from gpt_migrate.block where ctid = (select ctid from gpt_migrate.block where table_id = 'trading.db/trades' limit 1)`,
    said: /./,
    area: 'record',
  },
  {
    danger: "a block's checksum altered in the journal",
    sql: `update gpt_migrate.block set checksum = repeat('0', 32) where table_id = 'trading.db/trades'`,
    said: /trades/,
    area: 'record',
  },
]
