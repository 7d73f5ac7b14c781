/** many-findings: hundreds of tables of which each says the same are a few lines, and a command that lists the others. */
import { describe, expect, it } from 'vitest'
import type { Finding, Report, RunEvent } from '../../src/engine/door/index.ts'
import { htmlReport } from '../../src/engine/report/html-report.ts'
import { markdownReport } from '../../src/engine/report/markdown-report.ts'
import { plainLines } from '../../src/faces/plain-lines.ts'
import { planLines } from '../../src/faces/plan-lines.ts'
import { summaryLines } from '../../src/faces/summary.ts'
import { listedFindings } from '../../src/wizard/steps/plan-findings.ts'
import { sampleReport } from '../engine/report/sample-report.ts'
import { preparedOf } from '../support/wizard-samples.ts'
import { previewed } from '../wizard/play.ts'

const names = Array.from({ length: 400 }, (_, at) => `table_${at}`)
const findings: readonly Finding[] = [
  ...names.map(
    (table): Finding => ({
      severity: 'warning',
      code: 'not-all-times',
      message: `In ${table} one text is no time.`,
      tableId: `shop.db/${table}`,
    }),
  ),
  { severity: 'error', code: 'no-place', message: 'No place is left.' },
]
const prepared = preparedOf(names, { findings })
const told = (text: string): number => text.match(/is no time\./g)?.length ?? 0
const more = '… and 397 more warnings of this kind (not-all-times); --verbose lists them'

describe('400 findings of one kind', () => {
  it('in a plan: three, the error before them, and 24 tables with their columns', () => {
    const text = planLines(prepared.plan, false).join('\n')
    expect(told(text)).toBe(3)
    expect(text).toContain(more)
    expect(text.indexOf('No place is left')).toBeLessThan(text.indexOf('is no time'))
    expect(text).toContain('… and 376 more tables: 1,128 rows; --verbose lists them with their columns')
    const whole = planLines(prepared.plan, true).join('\n')
    expect(told(whole)).toBe(400)
    expect(whole).not.toContain('more')
  })

  it('while they are found: three, and the count once', () => {
    const events: readonly RunEvent[] = [
      ...findings.map((finding) => ({ type: 'finding' as const, finding })),
      { type: 'phase-started', phase: 'copy', total: 3, unit: 'row', at: '2026-11-22T10:00:00.000Z' },
      { type: 'finding', finding: { ...findings[0]!, message: 'Later one text is no time.' } },
      { type: 'phase-started', phase: 'verify', total: 3, unit: 'table', at: '2026-11-22T10:00:01.000Z' },
    ]
    const printed = (isVerbose: boolean): string => {
      const lines: string[] = []
      const face = plainLines(
        (line) => lines.push(line),
        () => 0,
        { isVerbose },
      )
      for (const event of events) face.onEvent(event)
      return lines.join('\n')
    }
    expect(told(printed(false))).toBe(3)
    expect(printed(false).split(more)).toHaveLength(2)
    expect(printed(false)).toContain('… and 1 more warning of this kind (not-all-times)')
    expect(told(printed(true))).toBe(401)
  })

  it('in the summary: three, or only their number when they were printed before', () => {
    const report: Report = { ...sampleReport, findings }
    const text = (given: Parameters<typeof summaryLines>[1]): string =>
      summaryLines(report, given).join('\n').replaceAll(/\s+/g, ' ')
    expect(told(text({}))).toBe(3)
    expect(text({})).toContain(more)
    expect(text({ wasReported: true })).toContain(
      '401 findings to check, above and in the report: 400 not-all-times, 1 no-place',
    )
    expect(told(text({ isVerbose: true }))).toBe(400)
  })

  it('in the reports: three in sight; the page has the others behind them', () => {
    const report: Report = { ...sampleReport, findings }
    const page = htmlReport(report)
    expect(told(page)).toBe(400)
    expect(told(page.replaceAll(/<details>[\s\S]*?<\/details>/g, ''))).toBe(3)
    const text = markdownReport(report)
    expect(told(text)).toBe(3)
    expect(text).toContain('397 more warnings `not-all-times`, in report.html and report.json')
  })

  it('in the wizard: three and a line for the others, which enter lists', () => {
    const wizard = previewed(prepared)
    wizard.press('f')
    expect(listedFindings(wizard.state.preview)).toHaveLength(5)
    wizard.press('end', 'enter')
    expect(listedFindings(wizard.state.preview)).toHaveLength(401)
    expect(wizard.place).toBe('findings')
    wizard.press('enter')
    expect(wizard.place).toBe('table')
  })
})

it('of hundreds of tables, those that take a while or lose rows have a line while the run continues', () => {
  const lines: string[] = []
  const face = plainLines((line) => lines.push(line))
  const tables = names.map((name) => ({ tableId: name, target: `public.${name}`, rows: 9 }))
  const at = '2026-11-22T10:00:00.000Z'
  face.onEvent({ type: 'tables-planned', tables, at })
  for (const [index, tableId] of names.entries())
    face.onEvent({
      type: 'table-finished',
      tableId,
      rows: 9,
      quarantined: index === 7 ? 1 : 0,
      elapsedMs: index === 8 ? 1000 : 20,
      at,
    })
  expect(lines.map((line) => line.split(':')[0])).toEqual(['  public.table_7', '  public.table_8'])
})
