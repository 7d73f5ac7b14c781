/** Judges the application's SQL, from the summary: asks for a folder, lists the judged statements, opens one at a time. Pure. */
import { type JudgedStatement, loudVerdict, noProgress } from '../../engine/door/index.ts'
import { editText, type TextEdit } from '../../ui/text-edit.ts'
import type { Answered, Detail, Turn, WizardState } from '../state/state.ts'
import { changed, noted, only } from '../state/transition.ts'
import { targetText } from '../steps/connection.ts'
import { expandHome, homeOf } from '../steps/home.ts'
import { isMoved } from './following.ts'

export function openQueries(state: WizardState): Turn {
  if (!isMoved(state)) return only(state)
  return only(changed(state, 'summary', { view: 'queries', line: 0 }))
}

export function judge(state: WizardState): Turn {
  const { judging, migration, connection, given } = state
  const path = expandHome(judging.folder.text.trim(), homeOf(given))
  if (path === '') return noted(state, "Name the folder of the application's source.")
  return {
    state: changed(state, 'judging', { phase: 'running', progress: noProgress, error: null }),
    effects: [{ type: 'judge-queries', path, run: migration.report!.run, target: targetText(connection) }],
  }
}

/** Goes back from the statements to the folder, and from the folder to the summary; judging goes on meanwhile. */
export function leaveQueries(state: WizardState): WizardState {
  const { judging, summary } = state
  if (judging.phase === 'judged')
    return { ...state, judging: { ...judging, phase: 'asking' }, summary: { ...summary, line: 0 } }
  return changed(state, 'summary', { view: 'tables', line: 0 })
}

export const editQueriesFolder = (state: WizardState, edit: TextEdit): WizardState =>
  changed(state, 'judging', { folder: editText(state.judging.folder, edit), error: null })

type JudgingAnswer = Extract<Answered, { type: 'queries-progressed' | 'queries-judged' }>

export function applyJudging(state: WizardState, action: JudgingAnswer): WizardState {
  const { judging } = state
  switch (action.type) {
    case 'queries-progressed':
      return changed(state, 'judging', { progress: action.progress })
    case 'queries-judged':
      return {
        ...state,
        summary: { ...state.summary, line: 0 },
        judging: { ...judging, phase: 'judged', answer: action.answer },
      }
    default:
      return action satisfies never
  }
}

/** In the order of the report: the worst first. */
export const judgedStatements = ({ judging }: WizardState): readonly JudgedStatement[] =>
  judging.answer?.report.statements ?? []

/** Whether the application may have changed the target since the run: results may then differ although the SQL means the same. */
export const hasMovedOn = ({ cutOver }: WizardState): boolean => cutOver.answer !== null

export function originOf({ origins }: JudgedStatement): string {
  const [first, ...more] = origins
  if (first === undefined) return ''
  return `${first.file}:${first.line}${more.length === 0 ? '' : ` +${more.length}`}`
}

/** A statement in full, with both sides' rows and what to write instead. */
export function statementDetail(statement: JudgedStatement): Omit<Detail, 'scroll'> {
  const { verdict, reasons, detail, sql, example, rewrite, index, time, origins, parametersTried } = statement
  const parts: readonly (string | null)[] = [
    origins.length < 2 ? null : origins.map(({ file, line }) => `${file}:${line}`).join('\n'),
    [detail, reasons.length === 0 ? '' : `(${reasons.join(', ')})`].filter((text) => text !== '').join(' '),
    sql.trim(),
    example === null
      ? null
      : [
          example.isOnRealRows
            ? 'On the rows that are there:'
            : 'On rows made to distinguish the two; none of the rows that are there does:',
          ...(example.parameters.length === 0 ? [] : [`parameters  ${example.parameters.join(', ')}`]),
          `SQLite      ${example.sqlite}`,
          `PostgreSQL  ${example.postgres}`,
        ].join('\n'),
    rewrite === null ? null : `Write instead, for PostgreSQL:\n${rewrite.trim()}`,
    index === null ? null : `An index that would help:\n${index.sql}`,
    time === null
      ? null
      : `SQLite ${time.sqliteMs.toFixed(1)} ms, PostgreSQL ${time.postgresMs.toFixed(1)} ms`,
    `Tried with ${parametersTried} ${parametersTried === 1 ? 'list of parameters' : 'lists of parameters'}.`,
  ]
  const text = parts.filter((part) => part !== null && part !== '').join('\n\n')
  return { title: `${loudVerdict(verdict)}: ${originOf(statement)}`, text }
}
