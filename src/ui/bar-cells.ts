/** Progress as full cells of a bar and as a percentage. Pure. */

/** Returns how many cells are full: all only when `done` is 1, none only when it is 0. */
export function filledCells(done: number, width: number): number {
  if (done >= 1) return width
  if (!(done > 0)) return 0
  return Math.max(1, Math.min(width - 1, Math.round(done * width)))
}

export const percentOf = (done: number): string =>
  `${Math.min(done < 1 ? 99 : 100, Math.floor(done * 100))} %`
