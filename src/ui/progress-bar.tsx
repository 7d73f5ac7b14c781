/** A bar of so many cells; a screen reader gets the percentage instead. */
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

/** Cells that are full: all of them only when it is done, none only when nothing is. */
export function filledCells(done: number, width: number): number {
  if (done >= 1) return width
  if (!(done > 0)) return 0
  return Math.max(1, Math.min(width - 1, Math.round(done * width)))
}

export const percentOf = (done: number): string =>
  `${Math.min(done < 1 ? 99 : 100, Math.floor(done * 100))} %`
