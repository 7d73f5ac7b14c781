/** A labelled text input on one line, scrolled so that its cursor is visible. */
import { Text } from 'ink'
import { Line, Toned } from './line.tsx'
import { useLook } from './look.ts'
import { cutEnd, toWidth } from './text.ts'
import { maskAll, type TextValue } from './text-edit.ts'

type TextFieldProps = {
  readonly label: string
  readonly labelWidth: number
  readonly value: TextValue
  readonly isFocused: boolean
  /** The cells for the text. */
  readonly width: number
  /** How the text is shown: as typed, as dots, or as a function returns it, which must keep the number of characters. */
  readonly shown?: 'all' | 'dots' | ((text: string) => string)
  /** Shown while the field is empty. */
  readonly placeholder?: string
}

export function TextField({
  label,
  labelWidth,
  value,
  isFocused,
  width,
  shown = 'all',
  placeholder = '',
}: TextFieldProps) {
  const { symbols } = useLook()
  const visible = shown === 'all' ? value.text : shown === 'dots' ? maskAll(value.text) : shown(value.text)
  return (
    <Line>
      <Toned tone="mark">{isFocused ? `${symbols.pointer} ` : '  '}</Toned>
      <Toned tone={isFocused ? 'strong' : 'plain'}>
        {toWidth(`${cutEnd(label, labelWidth - 1)} `, labelWidth)}
      </Toned>
      <TypedText
        text={visible}
        cursor={isFocused ? value.cursor : null}
        width={width}
        placeholder={placeholder}
      />
    </Line>
  )
}

/** The text that filters a long list. */
export function FilterField({
  filter,
  isFocused,
}: {
  readonly filter: TextValue
  readonly isFocused: boolean
}) {
  return <TextField label="Filter" labelWidth={7} value={filter} isFocused={isFocused} width={30} />
}

function TypedText({
  text,
  cursor,
  width,
  placeholder,
}: {
  readonly text: string
  readonly cursor: number | null
  readonly width: number
  readonly placeholder: string
}) {
  const { symbols, colours } = useLook()
  if (text === '' && cursor === null) return <Toned tone="quiet">{placeholder}</Toned>
  const characters = [...text]
  if (cursor === null) {
    const cut = characters.length > width ? [...characters.slice(0, width - 1), symbols.more] : characters
    return <Text>{cut.join('')}</Text>
  }
  const from = Math.max(0, cursor - width + 2)
  const before = characters.slice(from, cursor).join('')
  const under = characters[cursor] ?? ' '
  const after = characters.slice(cursor + 1, from + width - 1).join('')
  return (
    <Text>
      {before}
      {colours ? <Text inverse>{under}</Text> : `${symbols.cursor}${under}`}
      {after}
      {text === '' && <Toned tone="quiet">{placeholder}</Toned>}
    </Text>
  )
}
