/** Numbers, sizes and times as shown on screen: the same as in reports. */
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
