/** A few choices, one of them marked. */
import { ListLine } from './line.tsx'

export function Choices<Choice extends string>({
  titles,
  choices,
  marked,
}: {
  readonly titles: Readonly<Record<Choice, string>>
  readonly choices: readonly Choice[]
  readonly marked: Choice
}) {
  return choices.map((choice) => (
    <ListLine key={choice} isCurrent={choice === marked}>
      {titles[choice]}
    </ListLine>
  ))
}
