/** Findings as lines of text, each kind summed up. Pure. */
import { type Finding, formatCount, kindsOf } from '../engine/door/index.ts'

/** The worst first; `isWhole`: however many there are of a kind. */
export function kindLines(
  findings: readonly Finding[],
  isWhole: boolean,
  linesOf: (finding: Finding) => readonly string[],
): string[] {
  return kindsOf(findings).flatMap(({ severity, code, shown, left }) => [
    ...[...shown, ...(isWhole ? left : [])].flatMap(linesOf),
    ...(isWhole || left.length === 0 ? [] : [moreOfKind({ severity, code }, left.length)]),
  ])
}

/** `  … and 197 more warnings of this kind (not-all-times); --verbose lists them`. */
export function moreOfKind({ severity, code }: Pick<Finding, 'severity' | 'code'>, count: number): string {
  const what = count === 1 ? severity : `${severity}s`
  return `  … and ${formatCount(count)} more ${what} of this kind (${code}); --verbose lists them`
}
