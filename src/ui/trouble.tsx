/** An error: the sentence, then what to do about it, wrapped to the width. */
import type { PlainError } from '../engine/door/index.ts'
import { printable } from './format.ts'
import { bodyColumns } from './layout.ts'
import { Line, Lines, Toned } from './line.tsx'
import { useLook } from './look.ts'
import { wrapText } from './text.ts'

export function Trouble({
  error,
  advice = error.hint,
}: {
  readonly error: PlainError
  readonly advice?: string | null
}) {
  const look = useLook()
  const width = bodyColumns(look) - 4
  return (
    <>
      {wrapText(printable(error.message), width).map((line, index) => (
        <Line key={line}>
          <Toned tone="bad">{index === 0 ? `  ${look.symbols.error} ` : '    '}</Toned>
          {line}
        </Line>
      ))}
      {advice !== null && <Lines lines={wrapText(`    ${printable(advice)}`, width + 4)} tone="quiet" />}
    </>
  )
}
