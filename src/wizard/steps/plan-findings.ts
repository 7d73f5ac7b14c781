/** A plan's findings and amendments, ordered and worded for the lists. Pure. */
import {
  type Amendment,
  type Finding,
  formatCount,
  kindsOf,
  type Plan,
  type TablePlan,
} from '../../engine/door/index.ts'
import { targetNameOf } from './plan-names.ts'
import type { PreviewState } from './preview.ts'

const order = { error: 0, warning: 1, notice: 2 }

/** A finding or an amendment, as the lists show it. */
export type Listed = Omit<Finding, 'severity'> & {
  readonly severity: Finding['severity'] | 'amended'
  /** The message, after the database's name when there are several databases and the message does not name it. */
  readonly sentence: string
  /** Stands for the findings of its kind that are not listed yet. */
  readonly isRest?: true
}

/** The worst first, and the amendments to the mapping's own DDL last; of a kind with many findings only some, until it is opened. */
export function listedFindings({ prepared, openKinds }: FindingsShown): readonly Listed[] {
  const { plan } = prepared!
  const findings = kindsOf(plan.findings).flatMap(({ severity, code, shown, left }): readonly Listed[] => {
    const isOpen = openKinds.includes(code)
    const listed = (isOpen ? [...shown, ...left] : shown).map((finding) => listedFinding(finding, plan))
    if (isOpen || left.length === 0) return listed
    const sentence = `${formatCount(left.length)} more of this kind (${code.replaceAll('-', ' ')}): enter lists them`
    return [...listed, { severity, code, message: sentence, sentence, isRest: true }]
  })
  return [...findings, ...plan.amendments.map(listedAmendment)]
}

type FindingsShown = Pick<PreviewState, 'prepared' | 'openKinds'>

function listedFinding(finding: Finding, { sources, tables }: Plan): Listed {
  const database = finding.database ?? tables.find(({ id }) => id === finding.tableId)?.database
  const isNamed = database === undefined || sources.length < 2 || finding.message.includes(database)
  return { ...finding, sentence: isNamed ? finding.message : `${database}: ${finding.message}` }
}

/** An amendment to the schema as a whole has no table. */
function listedAmendment({ code, table, message }: Amendment): Listed {
  return { severity: 'amended', code, message, sentence: table === '' ? message : `${table}: ${message}` }
}

/** The findings about a source table, and the amendments to its target table. */
export function listedOf(plan: Plan, table: TablePlan): readonly Listed[] {
  const target = targetNameOf(table, plan)
  return [
    ...findingsOf(plan, table.id).map((finding) => listedFinding(finding, plan)),
    ...plan.amendments.filter((amendment) => amendment.table === target).map(listedAmendment),
  ]
}

export function findingsOf(plan: Plan, tableId: string): readonly Finding[] {
  return worstFirst(plan.findings.filter((finding) => finding.tableId === tableId))
}

const worstFirst = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted((a, b) => order[a.severity] - order[b.severity])

/** Counts findings that need attention: those of excluded tables do not, except errors, which prevent the run. */
export function countFindings({ findings, tables }: Plan, severity: Finding['severity']): number {
  const excluded = new Set(tables.filter(({ fate }) => fate.kind === 'exclude').map(({ id }) => id))
  return findings.filter(
    (finding) =>
      finding.severity === severity &&
      (severity === 'error' || finding.tableId === undefined || !excluded.has(finding.tableId)),
  ).length
}

export const isAboutMissing = (code: string): boolean => code === 'missing-database'

/** Returns which change of the plan would settle a finding, in words; null when none would. */
export function offerOf(finding: Listed): string | null {
  if (isAboutMissing(finding.code)) return 'does without it; references into it keep their originals.'
  const fix = finding.fixes?.[0]
  if (fix === undefined) return null
  const { change, column } = fix
  const what = column === null ? 'the table' : column
  switch (change.kind) {
    case 'exclude':
      return `leaves ${what} out.`
    case 'type':
      return `makes ${what} ${change.type}.`
    case 'epoch':
      return `reads ${what} as ${change.unit}.`
    case 'target':
      return `calls ${what} ${change.name}.`
    case 'unmapped':
      return change.fate === 'add'
        ? `adds ${what} to the target.`
        : change.fate === 'archive'
          ? `keeps ${what} in the archive.`
          : `drops ${what}.`
    default:
      return change satisfies never
  }
}
