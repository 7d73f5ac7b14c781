/** Facts, each after its name; a long fact continues below its first line. */
import { Line, type Tone, Toned } from './line.tsx'
import { wrapText } from './text.ts'

export type Fact = { readonly name: string; readonly text: string; readonly tone?: Tone }

/** Wraps the facts to `width` cells, one entry per line. */
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
