import { describe, expect, it } from 'vitest'
import { markdownReport } from '../../../src/engine/report/markdown-report.ts'
import { hostileReport, sampleReport } from './sample-report.ts'

describe('markdownReport', () => {
  it('holds all parts of the report', async () => {
    await expect(markdownReport(sampleReport)).toMatchFileSnapshot('../../golden/report.md')
  })

  it('keeps the names and values of strangers within their cells', () => {
    const page = markdownReport(hostileReport)
    const outsideCode = page.replace(/(?<![\\`])(`+)(?!`).*?(?<!`)\1(?!`)/g, '')
    expect(outsideCode).not.toMatch(/(?<!\\)<(script|img)/)
    expect(outsideCode).not.toMatch(/(?<!\\)\[x/)
    expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
    const tables = page.split('\n').filter((line) => line.startsWith('|'))
    const bars = (line: string): number => line.match(/(?<!\\)\|/g)!.length
    for (const [index, line] of tables.entries()) {
      const header = tables.slice(0, index + 1).findLast((_, at) => tables[at + 1]?.startsWith('| ---'))
      expect(bars(line), line).toBe(bars(header!))
    }
  })

  it('says what failed', () => {
    const page = markdownReport({
      ...sampleReport,
      status: 'failed',
      error: { code: 'connection-lost', message: 'The server closed the connection.', hint: 'Run it again.' },
    })
    expect(page).toContain('**The server closed the connection.** Run it again.')
  })
})
