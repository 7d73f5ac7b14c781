/** Widths are kept to the cell, whatever the names in a database are. */
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { filledCells, percentOf } from '../../src/ui/bar-cells.ts'
import { movedCursor, shareWidths, windowAround } from '../../src/ui/layout.ts'
import { asciiOnly, speaksUnicode } from '../../src/ui/symbols.ts'
import { fitRow, layOutTable, type TableColumn } from '../../src/ui/table-layout.ts'
import { cutEnd, cutMiddle, cutName, toWidth, wholeTexts, wrapCommand, wrapText } from '../../src/ui/text.ts'

const names = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.stringMatching(/^[a-z_]{0,40}\.[a-z_]{0,40}$/),
  fc.constantFrom('取引.注文', 'naïve café', '👩‍👩‍👧‍👦.family', 'e\u0301e\u0301', ''),
)

describe('widths', () => {
  it('toWidth fills exactly, cuts never exceed', () => {
    fc.assert(
      fc.property(
        names,
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom('left', 'right'),
        (text, width, align) => {
          expect(stringWidth(toWidth(text, width, align as 'left'))).toBe(width)
          for (const cut of [cutEnd, cutMiddle, cutName])
            expect(stringWidth(cut(text, width))).toBeLessThanOrEqual(width)
        },
      ),
    )
  })

  it('a wrapped command is read by a shell as the same words', () => {
    const command =
      "npx gpt-migrate --yes --source 'my shop.db' --target postgresql://me@host.example:5432/app"
    const lines = wrapCommand(command, 40)
    expect(lines.slice(0, -1).every((line) => line.endsWith(' \\') && stringWidth(line) <= 40)).toBe(true)
    const words = (text: string) => execFileSync('sh', ['-c', `printf '%s\\n' ${text}`], { encoding: 'utf8' })
    expect(words(lines.join('\n'))).toBe(words(command))
  })

  it('a qualified name keeps what says most', () => {
    expect(cutName('portfolio_optimization.allocations', 20)).toBe('portfol….allocations')
    expect(cutName('portfolio_optimization.efficient_frontiers', 20)).toBe('efficient_frontiers')
    expect(cutMiddle('/home/ada/very/long/path/trading.db', 20)).toBe('/home/ada/…rading.db')
  })

  it('columns share what there is, the widest giving way first, below its least only where nothing else is left', () => {
    expect(
      shareWidths(
        [
          { natural: 40, least: 10 },
          { natural: 10, least: 10 },
        ],
        32,
      ),
    ).toEqual([20, 10])
    fc.assert(
      fc.property(
        fc.array(fc.record({ natural: fc.nat(60), least: fc.nat(20) }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 10, max: 120 }),
        (specs, width) => {
          const widths = shareWidths(specs, width)
          const gaps = 2 * (specs.length - 1)
          const total = widths.reduce((sum, own) => sum + own, 0) + gaps
          const least = specs.reduce((sum, own) => sum + own.least, 0) + gaps
          if (least <= width)
            for (const [index, own] of widths.entries())
              expect(own).toBeGreaterThanOrEqual(specs[index]!.least)
          expect(total <= width || widths.every((own) => own <= 1)).toBe(true)
        },
      ),
    )
  })

  it('wrapped text loses nothing, and no line is too long', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z ]{0,120}$/), fc.integer({ min: 5, max: 40 }), (text, width) => {
        const lines = wrapText(text, width)
        for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width)
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
      }),
    )
  })
})

describe('tables', () => {
  const columns: readonly TableColumn[] = [
    { title: 'name', least: 8, cut: 'name' },
    { title: 'rows', align: 'right' },
    { title: 'aside', drop: 1 },
  ]

  it('narrow-terminal: every row fits, and columns that may go do', () => {
    fc.assert(
      fc.property(
        fc.array(names, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 30, max: 100 }),
        (texts, width) => {
          const rows = texts.map((text) => ({
            cells: [{ text }, { text: '5,000,000' }, { text: 'x'.repeat(30) }],
          }))
          const layout = layOutTable(columns, rows, width)
          for (const row of rows) {
            const line = fitRow(row, columns, layout, '…')
              .map(({ text }) => text)
              .join('')
            expect(stringWidth(line)).toBeLessThanOrEqual(width)
          }
          if (width < 45) expect(layout.shown).not.toContain(2)
        },
      ),
    )
  })

  it('what stands in place of the cells takes their room and no more', () => {
    const rows = [{ cells: [{ text: 'a.db' }], rest: { text: 'damaged '.repeat(20) } }]
    const layout = layOutTable(columns, rows, 40)
    const line = fitRow(rows[0]!, columns, layout, '…')
    expect(stringWidth(line.map(({ text }) => text).join(''))).toBeLessThanOrEqual(40)
  })
})

describe('lists', () => {
  it('the cursor is always in the window, and the window is full when there is enough', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.nat(299),
        fc.integer({ min: 1, max: 50 }),
        (count, at, height) => {
          const cursor = Math.min(at, count - 1)
          const { from, to } = windowAround(cursor, count, height)
          expect(cursor).toBeGreaterThanOrEqual(from)
          expect(cursor).toBeLessThan(to)
          expect(to - from).toBe(Math.min(count, height))
        },
      ),
    )
    expect(movedCursor(0, 5, 0)).toBe(0)
    expect(movedCursor(3, -1_000_000, 9)).toBe(0)
  })
})

describe('bars', () => {
  it('are full only when all is done and empty only when nothing is', () => {
    expect([0, 0.0001, 0.5, 0.9999, 1].map((done) => filledCells(done, 10))).toEqual([0, 1, 5, 9, 10])
    expect([0, 0.999, 1].map(percentOf)).toEqual(['0 %', '99 %', '100 %'])
    expect(filledCells(Number.NaN, 10)).toBe(0)
  })
})

describe('ASCII terminals', () => {
  it('get ASCII in the same cells', () => {
    fc.assert(
      fc.property(names, (text) => {
        const shown = asciiOnly(text, stringWidth)
        expect([...shown].every((character) => character <= '\u007f')).toBe(true)
      }),
    )
    expect(asciiOnly('a → b … 取', stringWidth)).toBe('a > b . ??')
  })

  it('are known by their locale', () => {
    expect(speaksUnicode({ LANG: 'de_DE.UTF-8' }, 'linux')).toBe(true)
    expect(speaksUnicode({ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }, 'linux')).toBe(false)
    expect(speaksUnicode({ LANG: 'C.utf8', TERM: 'linux' }, 'linux')).toBe(false)
    expect(speaksUnicode({}, 'linux')).toBe(false)
    expect(speaksUnicode({ WT_SESSION: 'x' }, 'win32')).toBe(true)
  })
})

it('a path that is longer than a line is broken after a slash, and loses nothing', () => {
  const path = '/srv/trading/.gpt-migrate/2026-11-22-1/report.html'
  expect(wrapText(`in ${path}, kept`, 30)).toEqual([
    'in /srv/trading/.gpt-migrate/',
    '2026-11-22-1/report.html, kept',
  ])
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z/ ]{0,80}$/), fc.integer({ min: 4, max: 40 }), (text, width) => {
      const lines = wrapText(text.trim(), width)
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width)
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
    }),
  )
})

it('of several sentences those are shown that fit whole, and the others counted', () => {
  const texts = ['one two three', 'four five', 'six', 'seven']
  const rest = (left: number): string => `${left} more`
  expect(wholeTexts(texts, 9, 9, rest)).toEqual(['one two', 'three', 'four five', 'six', 'seven'])
  expect(wholeTexts(texts, 9, 5, rest)).toEqual(['one two', 'three', 'four five', 'six', 'seven'])
  expect(wholeTexts(texts, 9, 4, rest)).toEqual(['one two', 'three', 'four five', '2 more'])
  expect(wholeTexts(texts, 9, 1, rest)).toEqual(['4 more'])
  expect(wholeTexts(texts, 9, 0, rest)).toEqual([])
})
