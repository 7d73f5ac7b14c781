/** Collects the findings and amendments of planning. Invariant: one finding for one fact, in a deterministic order. */
import type { Amendment, Finding } from '../../model/finding.ts'
import { type Plan, tableIdOf } from '../../model/plan.ts'

/** A finding without the place of its table. */
export type FoundInTable = Omit<Finding, 'tableId' | 'database' | 'table'>
export type Report = (finding: FoundInTable) => void

/** Returns a function that adds findings about a source table. */
export function reporterOf(findings: Finding[], database: string, table: string): Report {
  const place = { database, table, tableId: tableIdOf(database, table) }
  return (finding) => {
    findings.push({ ...finding, ...place })
  }
}

export class Notes {
  readonly #findings: Finding[] = []
  readonly #amendments: Amendment[] = []

  find(finding: Finding): void {
    this.#findings.push(finding)
  }

  amend(code: string, table: string, message: string): void {
    const isKnown = this.#amendments.some(
      (amendment) => amendment.code === code && amendment.table === table && amendment.message === message,
    )
    if (!isKnown) this.#amendments.push({ code, table, message })
  }

  addFindings(findings: readonly Finding[]): void {
    this.#findings.push(...findings)
  }

  get findings(): readonly Finding[] {
    return bySeverity(this.#findings)
  }

  get amendments(): readonly Amendment[] {
    return this.#amendments
  }
}

/** Errors first, then warnings, then notices; within each in the order of planning. */
export function bySeverity(findings: readonly Finding[]): readonly Finding[] {
  const order = { error: 0, warning: 1, notice: 2 } as const
  return findings.toSorted((a, b) => order[a.severity] - order[b.severity])
}

export function withFindings(plan: Plan, findings: readonly Finding[]): Plan {
  return { ...plan, findings: bySeverity([...plan.findings, ...findings]) }
}
