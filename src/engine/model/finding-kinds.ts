/** Groups findings by kind: of hundreds that repeat one message for hundreds of tables, only a few are shown. Pure. */
import type { Finding } from './finding.ts'

export type FindingKind<F extends Pick<Finding, 'severity' | 'code'> = Finding> = {
  readonly severity: F['severity']
  readonly code: string
  readonly shown: readonly F[]
  /** Further findings of the same severity and code. */
  readonly left: readonly F[]
}

/** Number of findings shown of a kind that has more than `MOST_WHOLE`. */
export const SHOWN_OF_KIND = 3
const MOST_WHOLE = 6

const order = { error: 0, warning: 1, notice: 2 }

/** Returns the worst severity first; kinds of one severity in the order of their first finding. */
export function kindsOf<F extends Pick<Finding, 'severity' | 'code'> & { severity: keyof typeof order }>(
  findings: readonly F[],
): readonly FindingKind<F>[] {
  const kinds = Map.groupBy(findings, ({ severity, code }) => `${severity} ${code}`)
  return [...kinds.values()]
    .map((of) => {
      const { severity, code } = of[0]!
      const most = of.length > MOST_WHOLE ? SHOWN_OF_KIND : of.length
      return { severity, code, shown: of.slice(0, most), left: of.slice(most) }
    })
    .toSorted((a, b) => order[a.severity] - order[b.severity])
}
