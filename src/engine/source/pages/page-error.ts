/**
 * What the page reader says when a page is not what the file format promises. The caller reads the table through SQLite
 * instead. Invariant: no other error leaves this folder for anything that the bytes of a file can hold.
 */
export class PageError extends Error {
  /** Pages are numbered from 1; page 1 begins with the file's header. */
  readonly page: number

  constructor(page: number, wrong: string) {
    super(`page ${page} ${wrong}`)
    this.name = 'PageError'
    this.page = page
  }
}
