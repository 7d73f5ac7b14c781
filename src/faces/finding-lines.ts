/** Findings as lines of text, grouped by kind. Pure. */
import { type Finding, formatCount, kindsOf } from '../engine/door/index.ts'

/** Lines with the worst kind first; with `showsAll`, every finding of a kind is listed. */
export function kindLines(
  findings: readonly Finding[],
  showsAll: boolean,
  linesOf: (finding: Finding) => readonly string[],
): string[] {
  return kindsOf(findings).flatMap(({ severity, code, shown, left }) => [
    ...[...shown, ...(showsAll ? left : [])].flatMap(linesOf),
    ...(showsAll || left.length === 0 ? [] : [moreOfKind({ severity, code }, left.length)]),
  ])
}

/** `  … and 197 more warnings of this kind (not-all-times); --verbose lists them`. */
export function moreOfKind({ severity, code }: Pick<Finding, 'severity' | 'code'>, count: number): string {
  const what = count === 1 ? severity : `${severity}s`
  return `  … and ${formatCount(count)} more ${what} of this kind (${code}); --verbose lists them`
}
