/**
 * Builds a database from a dump, statement by statement, within a process of its own. Invariant: every statement is checked before SQLite
 * sees it, and one that fails ends the build, unless `salvage` is set; it is then reported with its line.
 */
import { MigrateError } from '../../model/errors.ts'
import { type Finding, ROWS_NOT_READABLE } from '../../model/finding.ts'
import { formatCount } from '../../model/format-count.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { openWritable, type SqliteDatabase } from '../base/sqlite.ts'
import { isShadowTable } from '../catalog/table-list.ts'
import { knownNames, standInFindings, type WithoutUnknown, withoutUnknown } from '../catalog/unknown-names.ts'
import { grownTooLarge, incomplete, isDiskFull, statementFailed, statementRefused } from './dump-errors.ts'
import { readDump } from './dump-file.ts'
import { judge, type Verdict } from './guard.ts'
import { LONGEST_SQL, type PreparedText, textOf } from './literals.ts'
import { type DumpStatement, StatementCutter } from './statement-cutter.ts'

export type BuildRequest = {
  readonly path: string
  /** The database's name in the run. */
  readonly database: string
  /** The empty file of ours that becomes the database. */
  readonly file: string
  readonly salvage: boolean
  /** The largest size of the file. */
  readonly maxBytes: number
}

const PAGE_BYTES = 4096
const MOST_SAMPLES = 5

/** `onStatement`: called with its line before a statement that may take long; `onBytes`: with the bytes of the dump read so far. */
export async function buildFromDump(
  request: BuildRequest,
  onStatement: (line: number) => void,
  onBytes: (bytes: number) => void,
): Promise<readonly Finding[]> {
  using db = openWritable(request.file)
  const building = new Building(db, request, onStatement)
  const cutter = new StatementCutter()
  for await (const chunk of readDump(request.path, onBytes))
    for (const statement of cutter.push(chunk)) building.take(statement)
  return building.finish(cutter.rest())
}

class Building {
  readonly #db: SqliteDatabase
  readonly #request: BuildRequest
  readonly #onStatement: (line: number) => void
  readonly #failed: { readonly key: string; readonly value: string }[] = []
  readonly #replaced = new Map<string, Omit<WithoutUnknown, 'sql'>[]>()
  #failures = 0
  /** The state of the dump's own transaction. */
  #end: 'none' | 'open' | 'committed' | 'rolled-back' = 'none'
  #statements = 0

  constructor(db: SqliteDatabase, request: BuildRequest, onStatement: (line: number) => void) {
    this.#db = db
    this.#request = request
    this.#onStatement = onStatement
    // Allows writing to shadow tables, which the dump fills itself.
    db.unsafeMode(true)
    for (const pragma of [
      'synchronous = off',
      'temp_store = memory',
      'foreign_keys = off',
      'recursive_triggers = off',
    ])
      db.pragma(pragma)
    db.pragma(`max_page_count = ${Math.ceil(request.maxBytes / PAGE_BYTES)}`)
  }

  take({ line, bytes }: DumpStatement): void {
    const prepared = textOf(bytes)
    if (prepared === null)
      throw statementFailed(
        this.#request.path,
        line,
        'it holds bytes that are no UTF-8, outside of a literal',
      )
    if (prepared.sql.length > LONGEST_SQL)
      throw statementFailed(this.#request.path, line, 'it is longer than 256 MB')
    const verdict = judge(prepared.sql)
    if (verdict.kind === 'refused') throw statementRefused(this.#request.path, line, verdict.what)
    if (!/^(?:insert|replace)\b/i.test(prepared.sql.slice(0, 8))) this.#onStatement(line)
    this.#statements++
    try {
      this.#execute(verdict, prepared)
    } catch (error) {
      this.#fail(line, error)
    }
  }

  finish(rest: DumpStatement | null): readonly Finding[] {
    const { path, salvage } = this.#request
    if (this.#statements === 0)
      throw new MigrateError('source', 'not-a-database', `${path} holds no statement of SQL.`)
    if (rest !== null && rest.bytes[0] === '.'.charCodeAt(0)) this.take(rest)
    const why =
      rest !== null
        ? `it ends in the middle of the statement that begins in line ${formatCount(rest.line)}`
        : this.#end === 'rolled-back'
          ? 'its last statement is a ROLLBACK, as .dump writes it when the database could not be read to its end'
          : this.#end === 'open'
            ? 'it begins a transaction that it does not commit'
            : null
    if (why !== null && !salvage) throw incomplete(path, why)
    if (this.#db.inTransaction) this.#db.exec('commit')
    return [...this.#lost(why), ...this.#standIns()]
  }

  #execute(verdict: Exclude<Verdict, { kind: 'refused' }>, prepared: PreparedText): void {
    switch (verdict.kind) {
      case 'begin':
        this.#end = 'open'
        return
      case 'commit':
        this.#end = 'committed'
        return
      case 'rollback':
        this.#end = 'rolled-back'
        return
      case 'skip':
        return
      case 'virtual-table':
        this.#addToSchema(verdict.name, verdict.sql)
        return
      case 'run':
        if (/^pragma\b/i.test(prepared.sql)) this.#db.exec(prepared.sql)
        else this.#run(prepared)
        return
      default:
        verdict satisfies never
    }
  }

  #run({ sql, parameters }: PreparedText): void {
    if (!this.#db.inTransaction) this.#db.exec('begin')
    const text = this.#withStandIns(sql)
    if (text === null) return
    for (let next = text; ; ) {
      try {
        // The driver throws for more than one statement.
        const statement = this.#db.prepare(next)
        if (statement.reader) throw new Error('it returns rows')
        statement.run(...parameters)
        return
      } catch (error) {
        const repaired = this.#repair(next, error as Error)
        if (repaired === 'done') return
        if (repaired === null) throw error
        next = repaired
      }
    }
  }

  /** Null for a table that SQLite makes itself, or that already exists. */
  #withStandIns(sql: string): string | null {
    const [, type, name] =
      /^create\s+(?:unique\s+)?(table|index)\s+(?:if\s+not\s+exists\s+)?("(?:[^"]|"")+"|'(?:[^']|'')+'|`[^`]+`|\[[^\]]+\]|[\w$]+)/i.exec(
        sql,
      ) ?? []
    if (type === undefined) return sql
    const plain = /^\w/.test(name!) ? name! : name!.slice(1, -1)
    if (/^sqlite_(?:sequence|stat\d)$/i.test(plain)) {
      this.#makeOwnTable(plain.toLowerCase())
      return null
    }
    // The dump itself inserts the rows.
    if (isShadowTable(this.#db, plain)) {
      this.#db.exec(`delete from ${quoteSqlite(plain)}`)
      return null
    }
    const replaced = withoutUnknown(sql, type.toLowerCase() as 'table' | 'index', knownNames(this.#db))
    if (replaced === null) return sql
    const known = this.#replaced.get(plain)
    if (known === undefined) this.#replaced.set(plain, [replaced])
    else known.push(replaced)
    return replaced.sql
  }

  #makeOwnTable(name: string): void {
    if (name !== 'sqlite_sequence') {
      this.#db.exec('analyze sqlite_schema')
      return
    }
    this.#db.exec('create table gpt_migrate_counted (id integer primary key autoincrement)')
    this.#db.exec('drop table gpt_migrate_counted')
  }

  /**
   * Returns the statement rewritten for this SQLite when another build or version would have accepted it, 'done' when it was executed in
   * another way; null when the statement is wrong.
   */
  #repair(sql: string, error: Error): string | 'done' | null {
    const quoted = /^no such column: "(.*)" - should this be a string literal/s.exec(error.message)?.[1]
    if (quoted !== undefined) {
      const name = quoteSqlite(quoted)
      const text = `'${quoted.replaceAll("'", "''")}'`
      return sql.includes(name) ? sql.replaceAll(name, () => text) : null
    }
    if (/^no such module:/.test(error.message)) {
      const name =
        /^create\s+virtual\s+table\s+(?:if\s+not\s+exists\s+)?("(?:[^"]|"")+"|'[^']+'|`[^`]+`|\[[^\]]+\]|[\w$]+)/i.exec(
          sql,
        )?.[1]
      if (name === undefined) return null
      this.#addToSchema(/^\w/.test(name) ? name : name.slice(1, -1), sql)
      return 'done'
    }
    return null
  }

  #addToSchema(name: string, sql: string): void {
    if (!this.#db.inTransaction) this.#db.exec('begin')
    this.#db.pragma('writable_schema = on')
    try {
      this.#db
        .prepare(
          "insert into sqlite_schema (type, name, tbl_name, rootpage, sql) values ('table', ?, ?, 0, ?)",
        )
        .run(name, name, sql)
    } finally {
      this.#db.pragma('writable_schema = off')
    }
  }

  #fail(line: number, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    const code = (error as { code?: string }).code ?? ''
    if (code.startsWith('SQLITE_FULL') && !isDiskFull(this.#request.file))
      throw grownTooLarge(this.#request.path, line, this.#request.maxBytes)
    if (/^SQLITE_(?:FULL|IOERR)/.test(code)) throw error
    if (!this.#request.salvage) throw statementFailed(this.#request.path, line, reason)
    this.#failures++
    if (this.#failed.length < MOST_SAMPLES) this.#failed.push({ key: `line ${line}`, value: reason })
  }

  #lost(why: string | null): readonly Finding[] {
    const { database, path } = this.#request
    const lost = { severity: 'warning', code: ROWS_NOT_READABLE, database } as const
    return [
      ...(why === null
        ? []
        : [{ ...lost, message: `${path} is not complete: ${why}. What stands before that is moved.` }]),
      ...(this.#failures === 0
        ? []
        : [
            {
              ...lost,
              message: `${formatCount(this.#failures)} statements of ${path} could not be executed, and their rows are lost.`,
              count: this.#failures,
              samples: this.#failed,
            },
          ]),
    ]
  }

  #standIns(): readonly Finding[] {
    return [...this.#replaced].flatMap(([name, replaced]) => {
      const table =
        this.#db
          .prepare<[string], { tbl_name: string }>(
            'select tbl_name from sqlite_schema where name = ? collate nocase',
          )
          .get(name)?.tbl_name ?? name
      return standInFindings(this.#request.database, table, replaced)
    })
  }
}
