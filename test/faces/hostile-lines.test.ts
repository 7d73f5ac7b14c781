/** Names and values of strangers in what the commands print: no control character, and none that turns the direction of text. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Answer, QuarantineEntry } from '../../src/engine/door/index.ts'
import { printableJson } from '../../src/engine/report/format.ts'
import { queriesMarkdown } from '../../src/engine/report/queries/markdown.ts'
import { exportLines } from '../../src/faces/export-lines.ts'
import { fallbackLines } from '../../src/faces/fallback-lines.ts'
import { partitionLines } from '../../src/faces/partition-lines.ts'
import { queriesLines } from '../../src/faces/queries-lines.ts'
import { rejectLines, retryLines } from '../../src/faces/reject-lines.ts'
import { rollbackPreviewLines, rolledBackLines } from '../../src/faces/rollback-lines.ts'
import { settledLines } from '../../src/faces/settled-lines.ts'
import { statusLines } from '../../src/faces/status-lines.ts'
import { reloadableLines, verifyLines } from '../../src/faces/verify-lines.ts'
import { anyCharacter } from '../support/any-character.ts'

const x = '\u001b[2J\u001b]8;;http://e.vil\u0007\u009b31m\u202egnp\u2066\u200f\u2028\r'
const names: { schema: string; table: string } = { schema: x, table: x }

/** Answers as the engine gives them, with a stranger's text wherever a name, a value or a reason stands. */
const lines: Readonly<Record<string, () => readonly string[]>> = {
  status: () =>
    statusLines([
      {
        run: 'r',
        status: 'finished',
        startedAt: 's',
        finishedAt: null,
        programVersion: '1',
        planHash: 'h',
        partitions: [{ table: x, lastMonth: null, inDefault: 1 }],
        fallback: {
          run: 'r',
          state: 'fallen back',
          folder: x,
          switchedAt: null,
          pending: 1,
          broughtAt: null,
          lagMs: null,
          tables: [{ target: x, changes: 1 }],
        },
        follow: {
          state: 'cut-over',
          round: 1,
          appliedAt: 'a',
          lagMs: null,
          rows: { inserted: 0, updated: 0, deleted: 0 },
          cutOver: null,
          files: x,
          late: { kind: 'looked', tables: [{ tableId: x, rows: 1, keys: [x] }] },
        },
      } as unknown as Parameters<typeof statusLines>[0][number],
    ]),
  verify: () => {
    const answer = {
      run: 'r',
      ok: false,
      tables: [{ tableId: x, rows: 1, match: false }],
      differences: [{ table: x, kind: 'changed', key: x, column: x, source: x, target: x }],
      checks: [{ name: x, ok: false, detail: x }],
      repaired: [{ tableId: x, blocks: 1, inserted: 1, updated: 1, deleted: 1 }],
      reloadable: [{ tableId: x, blocks: 1, rows: 1 }],
    } as unknown as Answer<'verifyAgain'>
    return [...verifyLines(answer, true), ...reloadableLines(answer)]
  },
  rejects: () => [
    ...rejectLines('r', [
      {
        tableId: x,
        ordinal: '1',
        column: x,
        code: 'c',
        reason: x,
        cells: { [x]: { text: x } },
      } as unknown as QuarantineEntry,
    ]),
    ...retryLines({
      run: 'r',
      loaded: 0,
      left: [{ tableId: x, ordinal: '1', reason: x, code: 'c' }],
    } as unknown as Answer<'retryRejects'>),
  ],
  rollback: () => [
    ...rollbackPreviewLines(
      {
        run: 'r',
        objects: [{ kind: 'schema', schema: null, name: x }],
        tables: [{ table: names, rows: 1, isFilled: false, change: x }],
        changes: [x],
      } as unknown as Parameters<typeof rollbackPreviewLines>[0],
      true,
    ),
    ...rolledBackLines({
      run: 'r',
      removed: [],
      removedRows: 0,
      kept: [{ object: { kind: 'schema', schema: null, name: x }, reason: x }],
    }),
  ],
  export: () =>
    exportLines({
      run: 'r',
      databases: [{ file: x }],
      tables: [{ tableId: x, rows: 1, rowidsKept: false, stray: 1 }],
      empty: [{ tableId: x, reason: x }],
      unwritten: [{ name: x, reason: x }],
      unwrittenCount: 1,
    } as unknown as Answer<'exportToSqlite'>),
  fallback: () =>
    fallbackLines({
      run: 'r',
      files: [{ database: x, file: x }],
      tables: [{ tableId: x, inserted: 1, updated: 0, deleted: 0, lost: [{ column: x, rows: 1 }] }],
      aside: [{ tableId: x, reason: x }],
      asideCount: 1,
      unsynced: [{ tableId: x, reason: x }],
    } as unknown as Answer<'fallBack'>),
  partitions: () =>
    partitionLines({
      tables: [
        {
          table: names,
          made: [{ name: x, rows: 1 }],
          missing: [],
          lastMonth: null,
          keeper: null,
        },
      ],
    } as unknown as Answer<'extendPartitions'>),
  settled: () =>
    settledLines({
      run: 'r',
      state: 'following',
      inSqlite: { kind: 'unknown', reason: x },
      inPostgres: [{ tableId: x, rows: 1, keys: [x] }],
    } as unknown as Parameters<typeof settledLines>[0]),
  queries: () =>
    queriesLines(
      {
        statements: [
          {
            verdict: 'differs',
            origins: [{ file: x, line: 1 }],
            sql: x,
            reasons: [],
            detail: x,
            rewrite: x,
            isKnown: false,
          },
        ],
        totals: { same: 0, rewritten: 0, differs: 1, fails: 0, slower: 0, notJudged: 0 },
        files: 1,
        seconds: 1,
        searchPath: [x],
      } as unknown as Parameters<typeof queriesLines>[0],
      x,
    ),
}

it.each(Object.keys(lines))('%s', (name) => {
  const shown = lines[name]!()
  expect(shown.join('')).toContain('\\u001b')
  for (const line of shown) expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
})

it('JSON keeps its meaning, and shows nothing raw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: anyCharacter }), (value, text) => {
      const answer = { value, [text]: `${x}${text}` }
      for (const indent of [undefined, 2]) {
        const shown = printableJson(answer, indent)
        expect(JSON.parse(shown)).toEqual(JSON.parse(JSON.stringify(answer)))
        expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      }
    }),
  )
})

it('Markdown shows the SQL of a stranger without its control characters', () => {
  const report = {
    statements: [
      {
        verdict: 'fails',
        origins: [{ file: x, line: 1 }],
        sql: `select 1\n\t${x}`,
        reasons: [],
        detail: x,
        rewrite: x,
        example: null,
        time: null,
        explain: [x],
        index: null,
      },
    ],
    totals: { same: 0, rewritten: 0, differs: 0, fails: 1, slower: 0, notJudged: 0 },
    run: x,
    target: { version: x, database: x, host: x },
    searchPath: [x],
  } as unknown as Parameters<typeof queriesMarkdown>[0]
  const shown = queriesMarkdown(report)
  expect(shown).toContain('select 1\n\t\\u001b')
  expect(shown.replaceAll(/[\n\t]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
})
