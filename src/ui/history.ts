/** A series of numbers as a line of cells, each as high as its number. Pure. */

/** The least number that fills a cell: small variations of small numbers must not look like peaks. */
const LEAST_FULL = 2_000

/** `levels`: the cells from the lowest to the highest. */
export function historyCells(numbers: readonly number[], levels: readonly string[]): string {
  const full = Math.max(LEAST_FULL, ...numbers)
  return numbers
    .map(
      (number) =>
        levels[Math.min(levels.length - 1, Math.floor((Math.max(0, number) / full) * levels.length))],
    )
    .join('')
}
