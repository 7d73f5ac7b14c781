import { describe, expect, it } from 'vitest'
import { htmlReport } from '../../../src/engine/report/html-report.ts'
import { breakable, escapeHtml, html } from '../../../src/engine/report/html-text.ts'
import { hostileReport, hostileText, sampleReport } from './sample-report.ts'

const voidElements = new Set(['meta', 'br', 'wbr'])

/** Every tag of the page, in order; throws where one is not closed, or closed by another. */
function readTags(page: string): string[] {
  const open: string[] = []
  const names: string[] = []
  for (const [, closing, name] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^<>]*>/gi)) {
    if (closing === '/') {
      expect(open.pop(), `what ${name} closes`).toBe(name)
      continue
    }
    names.push(name!)
    if (!voidElements.has(name!)) open.push(name!)
  }
  expect(open).toEqual([])
  return names
}

/** What a reader sees, a line for each row or paragraph. */
function visibleText(page: string): string {
  return page
    .slice(page.indexOf('<main>'))
    .replace(/>\s+</g, '><')
    .replace(/<\/(p|h1|h2|li|tr|dd|summary|header)>/g, '\n')
    .replace(/<\/(td|th|dt)>/g, ' | ')
    .replace(/<(br|wbr)>/g, (_, name) => (name === 'br' ? ' ' : ''))
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter((line) => line !== '')
    .join('\n')
    .concat('\n')
}

describe('htmlReport', () => {
  it('is a well-formed page', () => {
    readTags(htmlReport(sampleReport))
    readTags(htmlReport(hostileReport))
  })

  it('shows the verdict first, then all parts of the report', async () => {
    await expect(visibleText(htmlReport(sampleReport))).toMatchFileSnapshot('../../golden/report.txt')
  })

  it('loads nothing and runs nothing', () => {
    const page = htmlReport(sampleReport)
    expect(page).toContain("default-src 'none'")
    expect(readTags(page)).not.toContain('script')
    expect(page).not.toMatch(/\b(src|href|url|import)\b\s*[=(]/i)
  })

  it('keeps the names and values of strangers text', () => {
    const page = htmlReport(hostileReport)
    const known = new Set(readTags(htmlReport(sampleReport)))
    const strange = readTags(page).filter((name) => !known.has(name) && name !== 'strong')
    expect(strange).toEqual([])
    expect(page).not.toContain('<img')
    expect(page).not.toContain('onerror=alert(2)>')
    expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
    expect(page.isWellFormed()).toBe(true)
  })

  it('does not take a code that every object has for one of its own', () => {
    expect(visibleText(htmlReport(hostileReport))).toContain('1 | constructor | |')
  })

  it.each([
    ['ok', 0, 'All moved'],
    ['quarantined', 8, 'in quarantine'],
    ['mismatch', 7, 'Not proven'],
    ['failed', 6, 'Failed'],
    ['stopped', 130, 'Stopped'],
  ] as const)('says %s in a word at the top', (status, exitCode, word) => {
    const page = visibleText(htmlReport({ ...sampleReport, status, exitCode }))
    expect(page.split('\n')[0]).toContain(word)
    expect(page).toContain(`exit code ${exitCode}`)
  })

  it('names the differences with both values', () => {
    const page = visibleText(
      htmlReport({
        ...sampleReport,
        status: 'mismatch',
        verify: {
          ...sampleReport.verify,
          ok: false,
          differences: [
            {
              table: 'trading.db/trades',
              kind: 'changed',
              key: '17',
              column: 'price',
              source: '1.25',
              target: '1.26',
            },
          ],
        },
      }),
    )
    expect(page).toContain('trading.db/trades | changed | 17 | price | 1.25 | 1.26 |')
    expect(page).toContain('verification found differences')
  })

  it('claims no comparison that did not take place', () => {
    const tables = sampleReport.tables.map((table) => ({ ...table, checksum: null }))
    const verify = { level: 'checksum', ok: false, differences: [], checks: [] } as const
    const page = visibleText(htmlReport({ ...sampleReport, status: 'failed', tables, verify }))
    expect(page).toContain('The run ended before the verification.')
    expect(page).not.toContain('Every value of every block')
    expect(page).not.toContain('✓')
  })

  it('is a page for a run of nothing', () => {
    const { environment: _, ...rest } = sampleReport
    const page = htmlReport({
      ...rest,
      status: 'failed',
      sources: [],
      tables: [],
      findings: [],
      amendments: [],
      quarantine: { rows: 0, byCode: {} },
      verify: { level: 'none', ok: false, differences: [], checks: [] },
      phases: [],
      nextSteps: [],
    })
    readTags(page)
    expect(page).not.toContain('NaN')
  })
})

describe('html', () => {
  it('escapes what is put in, and not twice', () => {
    expect(html`<p title="${'"'}">${['a & b', html`<b>${'<'}</b>`, 3, null]}</p>`.html).toBe(
      '<p title="&#34;">a &#38; b<b>&#60;</b>3</p>',
    )
  })

  it('breaks a name only at places where it is still the same name', () => {
    expect(breakable('a_b.c<d').html).toBe('a_<wbr>b.<wbr>c&#60;d')
    expect(breakable(hostileText).html.replaceAll('<wbr>', '')).toBe(escapeHtml(hostileText))
  })
})
