/** Numbers, sizes and times as they stand on screen: the same as in reports. */
export {
  formatBytes,
  formatClock,
  formatCount,
  formatCounted,
  formatDay,
  formatDuration,
  formatRate,
  printable,
  withOrigin,
} from '../engine/door/index.ts'
