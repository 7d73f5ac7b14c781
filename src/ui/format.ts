/** Numbers, sizes and times as shown on screen, formatted as in reports. */
export {
  besidePath,
  formatBytes,
  formatClock,
  formatCount,
  formatCounted,
  formatDuration,
  formatRate,
  printable,
} from '../engine/door/index.ts'
