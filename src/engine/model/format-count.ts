/** Formats numbers for messages, screens and reports. Pure. */

/** 5044397 → `5,044,397`. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** `1 row`, `2 rows`. */
export function formatCounted(value: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(value)} ${value === 1 ? noun : plural}`
}
