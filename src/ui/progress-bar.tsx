/** A bar of `width` cells; a screen reader gets the percentage instead. */
import { filledCells } from './bar-cells.ts'
import { Toned } from './line.tsx'
import { useLook } from './look.ts'

export function ProgressBar({ done, width }: { readonly done: number; readonly width: number }) {
  const { symbols, spoken } = useLook()
  if (spoken) return null
  const full = filledCells(done, width)
  return (
    <>
      <Toned tone="mark">{symbols.full.repeat(full)}</Toned>
      <Toned tone="quiet">{symbols.empty.repeat(width - full)}</Toned>
    </>
  )
}
