/** The findings and amendments of a plan in the order and the words of the lists. Pure. */
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

/** A finding or an amendment, as the lists show them. */
export type Listed = Omit<Finding, 'severity'> & {
  readonly severity: Finding['severity'] | 'amended'
  /** The message, begun with the database where there are several and it does not name it. */
  readonly sentence: string
  /** Stands for the others of its kind, which are not listed yet. */
  readonly isRest?: true
}

/** The worst first, the amendments to the mapping's own DDL last; of a kind with many findings some, until the kind is opened. */
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

/** An amendment of the schema as a whole has no table. */
function listedAmendment({ code, table, message }: Amendment): Listed {
  return { severity: 'amended', code, message, sentence: table === '' ? message : `${table}: ${message}` }
}

/** Findings of a source table, and amendments to the target table that it goes to. */
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

/** Findings of tables that are left out need no attention; errors prevent the run wherever they are. */
export function countFindings({ findings, tables }: Plan, severity: Finding['severity']): number {
  const excluded = new Set(tables.filter(({ fate }) => fate.kind === 'exclude').map(({ id }) => id))
  return findings.filter(
    (finding) =>
      finding.severity === severity &&
      (severity === 'error' || finding.tableId === undefined || !excluded.has(finding.tableId)),
  ).length
}

export const isAboutMissing = (code: string): boolean => code === 'missing-database'

/** What settles a finding, in words; null when nothing in the plan does. */
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
