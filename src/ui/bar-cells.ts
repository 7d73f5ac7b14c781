/** How far along something is, as cells of a bar and as a percentage. Pure. */

/** Cells that are full: all of them only when it is done, none only when nothing is. */
export function filledCells(done: number, width: number): number {
  if (done >= 1) return width
  if (!(done > 0)) return 0
  return Math.max(1, Math.min(width - 1, Math.round(done * width)))
}

export const percentOf = (done: number): string =>
  `${Math.min(done < 1 ? 99 : 100, Math.floor(done * 100))} %`
