/** The verdicts in words, for every format. */
import type { JudgedStatement, QueriesReport, QueryVerdict } from '../../model/queries.ts'
import { formatCounted } from '../format.ts'

export const verdictWords: Readonly<Record<QueryVerdict, string>> = {
  differs: 'differs',
  fails: 'fails',
  slower: 'slower',
  rewritten: 'rewritten',
  'not-judged': 'not judged',
  same: 'same',
}

/** For a terminal: bad verdicts in capitals, to stand out without colours. */
export function loudVerdict(verdict: QueryVerdict): string {
  const isBad = verdict === 'differs' || verdict === 'fails' || verdict === 'slower'
  return isBad ? verdictWords[verdict].toUpperCase() : verdictWords[verdict]
}

/** `took`: the duration as text, if it is to be included. */
export function totalsSentence({ totals, statements, files }: QueriesReport, took = ''): string {
  const counts = [
    `${totals.same} same`,
    `${totals.rewritten} rewritten`,
    `${totals.differs} differ`,
    `${totals.fails} fail`,
    `${totals.slower} slower`,
    `${totals.notJudged} not judged`,
  ]
  return `${formatCounted(statements.length, 'statement')} in ${formatCounted(files, 'file')}${took}: ${counts.join(', ')}.`
}

export function originOf({ origins }: JudgedStatement): string {
  return origins.map(({ file, line }) => `${file}:${line}`).join(', ')
}
