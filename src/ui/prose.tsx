/** A sentence wrapped to the width of the screen, one row per line, each with the sentence's leading indent. */
import { bodyColumns } from './layout.ts'
import { Lines, type Tone } from './line.tsx'
import { useLook } from './look.ts'
import { wrapText } from './text.ts'

export function Prose({ children, tone = 'plain' }: { readonly children: string; readonly tone?: Tone }) {
  return <Lines lines={wrapText(children, bodyColumns(useLook()))} tone={tone} />
}
