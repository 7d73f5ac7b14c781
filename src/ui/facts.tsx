/** Facts with their names before them; a long one continues below its beginning. */
import { Line, type Tone, Toned } from './line.tsx'
import { wrapText } from './text.ts'

export type Fact = { readonly name: string; readonly text: string; readonly tone?: Tone }

/** A line each, for so many cells. */
export function factLines(facts: readonly Fact[], width: number, nameWidth: number): readonly Fact[] {
  return facts.flatMap((fact) =>
    wrapText(fact.text, width - nameWidth - 2).map((text, index) => ({
      ...fact,
      name: index === 0 ? fact.name : '',
      text,
    })),
  )
}

export function FactLines({
  lines,
  nameWidth,
}: {
  readonly lines: readonly Fact[]
  readonly nameWidth: number
}) {
  return lines.map(({ name, text, tone = 'plain' }) => (
    <Line key={`${name} ${text}`} tone={tone}>
      <Toned tone="quiet">{`  ${name.padEnd(nameWidth)}`}</Toned>
      {text}
    </Line>
  ))
}
