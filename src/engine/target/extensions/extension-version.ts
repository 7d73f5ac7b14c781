/** The oldest version of TimescaleDB whose `create_hypertable` takes `by_range`. */
export const OLDEST_TIMESCALE = [2, 13] as const

/** Whether a version such as `2.28.3` or `2.13.0-dev` is at least `major.minor`. */
export function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ours = 0, its = 0] = version.split('.').map(Number)
  return ours > major || (ours === major && its >= minor)
}
