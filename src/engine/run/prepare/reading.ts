/** Progress of inspecting databases one after another, in bytes. */
export class Reading {
  report: (done: number, detail: string | null) => void = () => {}
  /** Bytes of the finished databases. */
  #before = 0
  #current: { readonly database: string; readonly bytes: number } | null = null
  /** Bytes read of the current database. */
  #read = 0
  #reportedAt = 0

  begin(database: { readonly database: string; readonly bytes: number }): void {
    this.#current = database
    this.#read = 0
    this.#reportRead(database.database)
  }

  add(bytes: number): void {
    this.#read += bytes
    const now = performance.now()
    if (now - this.#reportedAt < REPORT_EVERY_MS) return
    this.#reportedAt = now
    this.#reportRead(this.#current?.database ?? null)
  }

  /** `share`: the fraction done of the queries by which SQLite counts what the pages do not show. */
  asked(share: number, table: string): void {
    if (this.#current === null) return
    const { database, bytes } = this.#current
    const left = Math.max(0, bytes - this.#read)
    this.report(this.#before + Math.min(bytes, this.#read + left * share), `${database}: ${table}`)
  }

  /** All values are counted; pages are still being checked. */
  checking(what: string): void {
    this.report(this.#before, what)
  }

  end(): void {
    this.#before += this.#current?.bytes ?? 0
    this.#current = null
  }

  #reportRead(detail: string | null): void {
    this.report(this.#before + Math.min(this.#current?.bytes ?? 0, this.#read), detail)
  }
}

const REPORT_EVERY_MS = 50
