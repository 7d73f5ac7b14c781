/**
 * Thrown when a page violates the file format; the caller then reads the table through SQLite. Invariant: no other error leaves this
 * folder, whatever bytes a file contains.
 */
export class PageError extends Error {
  /** Pages count from 1; page 1 begins with the file's header. */
  readonly page: number

  constructor(page: number, wrong: string) {
    super(`page ${page} ${wrong}`)
    this.name = 'PageError'
    this.page = page
  }
}
