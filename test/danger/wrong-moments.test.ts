/**
 * Numbers in time columns: the moment that was meant, or the number. The moments are written down here by hand or computed by SQLite;
 * the target's are what the server prints.
 */
import { expect, it } from 'vitest'
import { anyServer } from '../support/databases.ts'
import { expectMoved, type MovedColumn } from '../support/moved-columns.ts'
import { runForTest } from '../support/run.ts'
import { inScene } from '../support/scene.ts'

const server = anyServer()

const cases: Readonly<Record<string, MovedColumn>> = {
  seconds: [
    'datetime',
    '(1700000000), (0)',
    'timestamp with time zone',
    '2023-11-14 22:13:20+00|1970-01-01 00:00:00+00',
  ],
  millis: ['datetime', '(1700000000123)', 'timestamp with time zone', '2023-11-14 22:13:20.123+00'],
  micros: ['timestamp', '(1700000000123456)', 'timestamp with time zone', '2023-11-14 22:13:20.123456+00'],
  nanos_whole: [
    'timestamp',
    '(1700000000123456000)',
    'timestamp with time zone',
    '2023-11-14 22:13:20.123456+00',
  ],
  nanos_finer: ['timestamp', '(1700000000123456789)', 'bigint', '1700000000123456789'],
  digits14: [
    'datetime',
    "('20240101123000'), ('20231231235959')",
    'timestamp without time zone',
    '2024-01-01 12:30:00|2023-12-31 23:59:59',
  ],
  digits14_zeros: ['datetime', '(20240101123000), (0)', 'bigint', '20240101123000|0'],
  digits12: ['timestamp', "('202401011230')", 'timestamp without time zone', '2024-01-01 12:30:00'],
  digits8: ['date', '(20240131)', 'date', '2024-01-31'],
  digits8_time: ['datetime', '(20240131)', 'timestamp without time zone', '2024-01-31 00:00:00'],
  no_digits8: ['date', '(20240131), (20241340)', 'bigint', '20240131|20241340'],
  no_digits14: ['datetime', '(20240101123000), (20240101126000)', 'bigint', '20240101123000|20240101126000'],
  webkit: ['datetime', '(13351334400000000)', 'timestamp with time zone', '2024-02-02 08:00:00+00'],
  ticks: ['datetime', '(635742203345490320)', 'timestamp without time zone', '2015-08-03 17:38:54.549032'],
  ticks_finer: ['datetime', '(635742203345490322)', 'bigint', '635742203345490322'],
  filetime: ['datetime', '(133483896000000000)', 'timestamp with time zone', '2023-12-30 06:00:00+00'],
  mac_or_unix: ['datetime', '(3786912000)', 'bigint', '3786912000'],
  mac: [
    'datetime',
    '(3786912000), (4133894400)',
    'timestamp with time zone',
    '2024-01-01 00:00:00+00|2034-12-30 00:00:00+00',
  ],
  excel: ['datetime', '(45292.5)', 'timestamp without time zone', '2024-01-01 12:00:00'],
  older: ['datetime', '(-86400), (1700000000)', 'bigint', '-86400|1700000000'],
  mixed: ['datetime', '(1700000000), (1700000000000)', 'bigint', '1700000000|1700000000000'],
  midnights: ['date', '(1704067200), (1704153600)', 'date', '2024-01-01|2024-01-02'],
  no_midnights: [
    'date',
    '(1704067200), (1704067201)',
    'timestamp with time zone',
    '2024-01-01 00:00:00+00|2024-01-01 00:00:01+00',
  ],
  millis_midnight: ['date', '(1704067200000)', 'date', '2024-01-01'],
  julian_day: ['date', '(2460310.5)', 'date', '2024-01-01'],
  day_first: ['date', "('31/12/2024'), ('05/01/2024')", 'date', '2024-12-31|2024-01-05'],
  month_first: [
    'datetime',
    "('12/31/2024 10:00'), ('05/01/2024 09:30:15'), ('7/4/2024')",
    'timestamp without time zone',
    '2024-12-31 10:00:00|2024-05-01 09:30:15|2024-07-04 00:00:00',
  ],
  dots: ['date', "('31.12.2024'), ('1.2.2024')", 'date', '2024-12-31|2024-02-01'],
  day_or_month: ['date', "('05/01/2024'), ('12/12/2024')", 'text', '05/01/2024|12/12/2024'],
  day_and_month: ['date', "('31/12/2024'), ('12/31/2024')", 'text', '31/12/2024|12/31/2024'],
  no_such_day: ['date', "('31/02/2024'), ('05/01/2024')", 'text', '31/02/2024|05/01/2024'],
  no_clock: ['datetime', "('31/12/2024 24:00'), ('05/01/2024')", 'text', '31/12/2024 24:00|05/01/2024'],
  log: [
    'timestamp',
    "('25/Jan/2024:10:00:00 +0100'), ('05/Dec/2024:23:59:59 -0330')",
    'timestamp with time zone',
    '2024-01-25 09:00:00+00|2024-12-06 03:29:59+00',
  ],
  mail: [
    'datetime',
    "('5 Jan 2024 10:00:00 EST'), ('Mon, 01 Jul 2024 10:00:00 PDT')",
    'timestamp with time zone',
    '2024-01-05 15:00:00+00|2024-07-01 17:00:00+00',
  ],
  zone_names: [
    'datetime',
    "('2024-01-05 10:00:00 Europe/Berlin'), ('2024-01-05 10:00:00 EST')",
    'text',
    '2024-01-05 10:00:00 Europe/Berlin|2024-01-05 10:00:00 EST',
  ],
  offsets: [
    'timestamp',
    "('2026-04-14 04:09:28.922+00'), ('2026-04-14 04:09:28.922123+05:30'), ('2026-04-14T04:09:28-0700')",
    'timestamp with time zone',
    '2026-04-14 04:09:28.922+00|2026-04-13 22:39:28.922123+00|2026-04-14 11:09:28+00',
  ],
  finer: [
    'timestamp',
    "('2026-04-14 04:09:28.9221234+00'), ('2026-04-14 04:09:28+00:00')",
    'text',
    '2026-04-14 04:09:28.9221234+00|2026-04-14 04:09:28+00:00',
  ],
  go: [
    'datetime',
    "('2024-01-01 10:00:00.123456 +0000 UTC'), ('2024-07-01 10:00:00 +0200 CEST'), ('2024-07-01 10:00:00 -0330 -0330')",
    'timestamp with time zone',
    '2024-01-01 10:00:00.123456+00|2024-07-01 08:00:00+00|2024-07-01 13:30:00+00',
  ],
  no_go: ['datetime', "('2024-07-01 10:00:00 +0200 UTC')", 'text', '2024-07-01 10:00:00 +0200 UTC'],
  year_zero: ['timestamp', "('0000-01-01T00:00:00.000Z')", 'text', '0000-01-01T00:00:00.000Z'],
  integers: ['integer', '(1700000000)', 'bigint', '1700000000'],
}

it('every unit becomes the moment that it means, or stays the number that it is', async () => {
  const report = await expectMoved(cases)
  const taken = report.findings.filter(({ code }) => code === 'epoch-recognised')
  expect(taken.find(({ table }) => table === 'millis')?.message).toContain(
    '1700000000123 → 2023-11-14 22:13:20.123 UTC',
  )
  expect(taken.every(({ message }) => message.includes(' → '))).toBe(true)
})

it('Julian days are the milliseconds that SQLite reads, whole hours among them', async () => {
  const sql = `create table hours (d datetime, said text);
    with recursive n(v) as (select 0 union all select v + 1 from n where v < 2000)
      insert into hours select 2460310.5 + v / 24.0, null from n;
    insert into hours select 2460310.5 + rowid * 0.000123, null from hours limit 500;
    update hours set said = strftime('%Y-%m-%d %H:%M:%f', d);`
  await inScene(server.url, { name: 'app.db', sql }, async ({ file, workFolder, url, connection }) => {
    const { report } = await runForTest({
      sources: [file],
      url,
      workFolder,
      options: { epochs: { 'hours.d': 'julian-days' } },
      request: { mapping: 'auto', verifyLevel: 'full' },
    })
    expect([report?.status, report?.verify.differences]).toEqual(['ok', []])
    await connection.execute("set timezone = 'UTC'")
    const { wrong } = await connection.queryOne<{ wrong: string }>(
      `select count(*)::text as wrong from public.hours where to_char(d, 'YYYY-MM-DD HH24:MI:SS.MS') <> said
        or extract(microseconds from d)::bigint % 1000 <> 0`,
    )
    expect(wrong).toBe('0')
  })
})

it('data-only reads days with the year at the end where the column says the order, and no others', async () => {
  const sql = `create table visit (id integer primary key, day text, open text);
    insert into visit values (1, '05/01/2024', '05/01/2024'), (2, '31/12/2024', '12/12/2024');`
  await inScene(server.url, { name: 'app.db', sql }, async ({ file, workFolder, url, connection }) => {
    await connection.execute('create table public.visit (id bigint primary key, day date, open text)')
    const run = () =>
      runForTest({
        sources: [file],
        url,
        workFolder,
        options: { dataOnly: true },
        request: { verifyLevel: 'full' },
      })
    const { report } = await run()
    expect([report?.status, report?.verify.differences]).toEqual(['ok', []])
    expect(report!.findings.map(({ code }) => code)).toContain('date-order')
    const { days } = await connection.queryOne<{ days: string }>(
      "select string_agg(day || ' ' || open, ', ' order by id) as days from public.visit",
    )
    expect(days).toBe('2024-01-05 05/01/2024, 2024-12-31 12/12/2024')
  })
})

it('data-only refuses a unit that nothing decides, and takes the one that is named', async () => {
  const sql = `create table punch (id integer primary key, t datetime);
    insert into punch values (1, 3786912000), (2, 3786912001);`
  await inScene(server.url, { name: 'app.db', sql }, async ({ file, workFolder, url, connection }) => {
    await connection.execute('create table public.punch (id bigint primary key, t timestamptz)')
    const run = (epochs: Record<string, 'mac-seconds'>) =>
      runForTest({ sources: [file], url, workFolder, options: { dataOnly: true, epochs } })
    await expect(run({})).rejects.toMatchObject({
      code: 'time-unit-unknown',
      hint: expect.stringContaining('--epoch punch.t=seconds (or mac-seconds)'),
    })
    await expect(run({ 'punch.tt': 'mac-seconds' })).rejects.toMatchObject({ code: 'no-such-column' })
    const { report } = await run({ 'punch.t': 'mac-seconds' })
    expect(report?.status).toBe('ok')
    const { t } = await connection.queryOne<{ t: string }>(
      "select (t at time zone 'UTC')::text as t from public.punch where id = 1",
    )
    expect(t).toBe('2024-01-01 00:00:00')
  })
})
