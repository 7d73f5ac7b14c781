/** The verdicts in words, for every format. */
import type { JudgedStatement, QueriesReport, QueryVerdict } from '../../model/queries.ts'

export const verdictWords: Readonly<Record<QueryVerdict, string>> = {
  differs: 'differs',
  fails: 'fails',
  slower: 'slower',
  rewritten: 'rewritten',
  'not-judged': 'not judged',
  same: 'same',
}

export function totalsSentence({ totals, statements, files }: QueriesReport): string {
  const counts = [
    `${totals.same} same`,
    `${totals.rewritten} rewritten`,
    `${totals.differs} differ`,
    `${totals.fails} fail`,
    `${totals.slower} slower`,
    `${totals.notJudged} not judged`,
  ]
  return `${statements.length} statements in ${files} files: ${counts.join(', ')}.`
}

export function originOf({ origins }: JudgedStatement): string {
  return origins.map(({ file, line }) => `${file}:${line}`).join(', ')
}
