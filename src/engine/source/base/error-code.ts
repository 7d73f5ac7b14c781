/** An error's SQLite result code, such as `SQLITE_BUSY`, or Node's code, such as `ENOENT`; '' when it has neither. */
export function errorCode(error: unknown): string {
  const code = error instanceof Error ? (error as Error & { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : ''
}

/** Whether another SQLite connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(errorCode(error))
}
