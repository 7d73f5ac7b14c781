import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { type Report, verdictSentence } from '../../src/engine/door/index.ts'
import { summaryLines } from '../../src/faces/summary.ts'
import { sampleReport } from '../engine/report/sample-report.ts'

const withVerify = (verify: Partial<Report['verify']>, rest: Partial<Report> = {}): Report => ({
  ...sampleReport,
  ...rest,
  verify: { ...sampleReport.verify, ...verify },
})

describe('the verdict in a sentence', () => {
  const quiet = { ...sampleReport, status: 'ok', quarantine: { rows: 0, byCode: {} } } as const

  it('claims no more than was compared', () => {
    const sentence = (level: Report['verify']['level']): string =>
      verdictSentence({ ...quiet, verify: { ...quiet.verify, level } })
    expect(sentence('checksum')).toBe('Moved and verified: 3,024,409 rows, every value compared, in 7.9 s.')
    expect(sentence('full')).toBe(sentence('checksum'))
    expect(sentence('count')).toBe('Moved and counted: 3,024,409 rows, in 7.9 s.')
    expect(sentence('none')).toBe('Moved, not verified: 3,024,409 rows, in 7.9 s.')
  })

  it('says what is wrong', () => {
    const difference = {
      table: 'a/b',
      kind: 'changed',
      key: '1',
      column: 'c',
      source: 'x',
      target: 'y',
    } as const
    const mismatch = { status: 'mismatch', exitCode: 7 } as const
    expect(verdictSentence(withVerify({ differences: [difference], ok: false }, mismatch))).toContain(
      'verification found differences',
    )
    expect(
      verdictSentence(
        withVerify({ checks: [{ name: 'sequences', ok: false, detail: 'behind' }], ok: false }, mismatch),
      ),
    ).toContain('a check of the target failed')
    expect(verdictSentence(withVerify({ ok: false }, mismatch))).toContain('could not be completed')
    expect(verdictSentence(withVerify({ ok: true }, mismatch))).toContain('not every source row')
    expect(verdictSentence({ ...sampleReport, status: 'stopped' })).toContain('Run the same command again')
  })
})

describe('summaryLines', () => {
  it('names what failed, with what to do', () => {
    const lines = summaryLines({
      ...withVerify({ checks: [{ name: 'write test', ok: false, detail: 'trading.orders: duplicate key' }] }),
      status: 'failed',
      error: { code: 'connection-lost', message: 'The server closed the connection.', hint: 'Run it again.' },
    })
    expect(lines.slice(0, 3)).toEqual([
      'Failed after 7.9 s, with 3,024,409 rows moved.',
      '  The server closed the connection.',
      '  Run it again.',
    ])
    expect(lines).toContain('  write test: trading.orders: duplicate key')
  })

  it('shows twelve differences and counts the others', () => {
    const differences = Array.from({ length: 1000 }, (_, key) => ({
      table: 'trading.db/trades',
      kind: 'changed' as const,
      key: String(key),
      column: 'price',
      source: '1',
      target: '2',
    }))
    const lines = summaryLines(withVerify({ differences, ok: false }))
    expect(lines.filter((line) => line.includes('changed'))).toHaveLength(12)
    expect(lines).toContain('  … and 988 more, in the report')
  })

  it('cuts a value of a megabyte', () => {
    const huge = 'x'.repeat(1_000_000)
    const lines = summaryLines(
      withVerify({
        differences: [{ table: 't', kind: 'changed', key: '1', column: 'c', source: huge, target: null }],
      }),
    )
    expect(lines.join('\n').length).toBeLessThan(10_000)
  })

  it('narrow-terminal: fits 80 columns, with wide and long names too; commands are left whole', () => {
    const [first] = sampleReport.tables
    const long = { ...first!, target: { schema: 'ml', table: `${'表'.repeat(30)}${'x'.repeat(60)}` } }
    const report: Report = { ...sampleReport, tables: [...sampleReport.tables, long] }
    const lines = summaryLines(report)
    const commands = report.nextSteps.filter((step) => step.includes('npx gpt-migrate'))
    for (const line of lines.filter((line) => !commands.includes(line)))
      expect(stringWidth(line), line).toBeLessThanOrEqual(80)
    for (const command of commands) expect(lines).toContain(command)
    const header = lines.findIndex((line) => line.startsWith('  target '))
    const table = lines.slice(header, header + 1 + report.tables.length)
    expect(new Set(table.map((line) => stringWidth(line))).size).toBe(1)
  })
})

it('a narrow terminal gets narrow prose and a narrow table', () => {
  const { nextSteps: _, ...report } = sampleReport
  const lines = summaryLines({ ...report, nextSteps: [] }, { columns: 60 })
  expect(lines.filter((line) => stringWidth(line) > 60)).toEqual([])
})

describe('what the reader needs', () => {
  const [first] = sampleReport.tables
  const many: Report = {
    ...sampleReport,
    nextSteps: ['Report    r.html', 'Undo      npx gpt-migrate rollback'],
    tables: Array.from({ length: 400 }, (_, index) => ({
      ...first!,
      target: { schema: 'public', table: `table_${index}` },
      rows: { source: index % 2, target: index % 2, quarantined: index === 123 ? 4 : 0, excluded: 0 },
      columns: [],
    })),
  }

  it('of hundreds of tables, those that say something, and the count of the others', () => {
    const lines = summaryLines(many)
    expect(lines.some((line) => line.includes('public.table_123'))).toBe(true)
    expect(lines.filter((line) => line.includes('public.table_'))).toHaveLength(24)
    expect(lines.join('\n')).toContain('… and 376 more tables')
    expect(
      summaryLines(many, { isVerbose: true }).filter((line) => line.includes('public.table_')),
    ).toHaveLength(400)
  })

  it('next steps are broken between words in a terminal, and never in a pipe', () => {
    const nextSteps = [
      'Fallback  6 snapshots in /srv/bot/.gpt-migrate/2026-11-22-1/snapshots, kept until 2026-12-06',
      'Undo      npx gpt-migrate rollback --target postgres://trader@localhost:5432/gpt_trader',
    ]
    expect(summaryLines({ ...sampleReport, nextSteps }, { columns: 60 }).slice(-4)).toEqual([
      'Fallback  6 snapshots in',
      '          /srv/bot/.gpt-migrate/2026-11-22-1/snapshots, kept',
      '          until 2026-12-06',
      nextSteps[1],
    ])
    expect(summaryLines({ ...sampleReport, nextSteps }, { columns: null }).slice(-2)).toEqual(nextSteps)
  })

  it('in a pipe no name is cut', () => {
    const name = 'x'.repeat(120)
    const report = { ...sampleReport, tables: [{ ...first!, target: { schema: 'ml', table: name } }] }
    expect(summaryLines(report, { columns: null }).join('\n')).toContain(`ml.${name}`)
    expect(summaryLines(report).join('\n')).not.toContain(`ml.${name}`)
  })

  it('rows in quarantine by reason, and notices counted by kind', () => {
    const text = summaryLines(sampleReport).join('\n').replaceAll(/\s+/g, ' ')
    expect(text).toContain('3 rows in quarantine')
    expect(text).toContain('2 not-a-time: the value is not a date or time in a recognised form')
    expect(text).toContain('1 notice, in the report: 1 extension-missing')
  })

  it('--quiet: the outcome, what needs attention, and where to look', () => {
    const lines = summaryLines(many, { isQuiet: true })
    expect(lines.slice(0, 2).join(' ')).toBe(verdictSentence(many))
    expect(lines.join('\n')).not.toContain('table_')
    expect(lines).toContain('Report    r.html')
    expect(lines.join('\n')).not.toContain('Undo')
  })

  it('in a terminal the outcome stands right above what to do next', () => {
    const lines = summaryLines(many, { endsWithOutcome: true })
    expect(lines.slice(-3)).toEqual(['', ...many.nextSteps])
    expect(lines.slice(-5, -3).join(' ')).toBe(verdictSentence(many))
  })
})
