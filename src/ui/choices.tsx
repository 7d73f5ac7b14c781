/** A few choices, one of them marked. */
import { Line, Toned } from './line.tsx'
import { useLook } from './look.ts'

export function Choices<Choice extends string>({
  titles,
  choices,
  marked,
}: {
  readonly titles: Readonly<Record<Choice, string>>
  readonly choices: readonly Choice[]
  readonly marked: Choice
}) {
  const { symbols } = useLook()
  return choices.map((choice) => (
    <Line key={choice} tone={choice === marked ? 'strong' : 'plain'}>
      <Toned tone="mark">{choice === marked ? `${symbols.pointer} ` : '  '}</Toned>
      {titles[choice]}
    </Line>
  ))
}
