/** Asks for the name of the database, to confirm that something will be destroyed. */
import { printable } from './format.ts'
import { bodyColumns } from './layout.ts'
import { useLook } from './look.ts'
import { Prose } from './prose.tsx'
import type { TextValue } from './text-edit.ts'
import { TextField } from './text-field.tsx'

export function TypedName({ database, value }: { readonly database: string; readonly value: TextValue }) {
  const look = useLook()
  return (
    <>
      <Prose>{`To do so, type the name of the database: ${printable(database)}`}</Prose>
      <TextField label="Name" labelWidth={6} value={value} isFocused width={bodyColumns(look) - 10} />
    </>
  )
}
