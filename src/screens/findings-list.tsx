/** The findings, the worst first, with what would settle each. */
import { Busy } from '../ui/busy.tsx'
import { CursorLines } from '../ui/cursor-lines.tsx'
import { formatCounted, printable } from '../ui/format.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line, Lines, type Said, type Tone, Toned } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import type { Symbols } from '../ui/symbols.ts'
import { cutEnd, wrapText } from '../ui/text.ts'
import { Trouble } from '../ui/trouble.tsx'
import type { WizardState } from '../wizard/state/state.ts'
import { type Listed, listedFindings, offerOf } from '../wizard/steps/plan-findings.ts'

export function Findings({ state }: { readonly state: WizardState }) {
  const look = useLook()
  const { preview } = state
  const { plan } = preview.prepared!
  const findings = listedFindings(preview)
  const cursor = Math.min(preview.findingCursor, findings.length - 1)
  const below = preview.editError !== null ? 4 : 0
  return (
    <>
      <Line tone="strong">
        {findings.length === 0
          ? 'No findings'
          : formatCounted(plan.findings.length + plan.amendments.length, 'finding')}
      </Line>
      <Line />
      {findings.length === 0 ? (
        <Line tone="quiet"> Everything goes over as it is.</Line>
      ) : (
        <FindingList findings={findings} cursor={cursor} height={bodyRows(look) - 2 - below} />
      )}
      {preview.replanning && <Busy>Making the plan again</Busy>}
      {preview.editError !== null && <Trouble error={preview.editError} />}
    </>
  )
}

type ListProps = { readonly findings: readonly Listed[]; readonly cursor: number; readonly height: number }

/** One line per finding, and below the list the one under the cursor in full. */
export function FindingList({ findings, cursor, height }: ListProps) {
  const { symbols, ...look } = useLook()
  const width = bodyColumns(look)
  const detail = detailOf(findings[cursor], width - 2, Math.max(4, Math.floor(height * 0.6)))
  const room = Math.max(1, height - detail.length - 1)
  return (
    <>
      <CursorLines
        count={findings.length}
        cursor={cursor}
        height={room}
        lineAt={(index) => {
          const { severity, sentence } = findings[index]!
          const sign = `${signOf(severity, symbols)} ${severity.padEnd(8)}`
          const content = (
            <>
              <Toned tone={toneOf(severity)}>{sign}</Toned>
              {cutEnd(printable(sentence), width - 13, symbols.more)}
            </>
          )
          return { content }
        }}
      />
      <Line tone="quiet">{symbols.line.repeat(width)}</Line>
      <Lines lines={detail} />
    </>
  )
}

function detailOf(finding: Listed | undefined, width: number, most: number): readonly Said[] {
  if (finding === undefined) return []
  const lines: Said[] = []
  const add = (text: string, tone: Tone): void => {
    for (const line of wrapText(printable(text), width)) lines.push({ text: line, tone })
  }
  add(finding.sentence, 'plain')
  for (const { key, value } of (finding.samples ?? []).slice(0, 3)) add(`  ${key}: ${value}`, 'quiet')
  const offer = offerOf(finding)
  if (offer !== null) add(`w ${offer}`, 'mark')
  else if (finding.hint !== undefined) add(finding.hint, 'quiet')
  return lines.slice(0, most)
}

const toneOf = (severity: Listed['severity']): Tone =>
  severity === 'error' ? 'bad' : severity === 'warning' ? 'warn' : severity === 'amended' ? 'mark' : 'quiet'

const signOf = (severity: Listed['severity'], symbols: Symbols): string =>
  severity === 'error' ? symbols.error : severity === 'warning' ? symbols.warning : symbols.notice
