/**
 * Collects the statements of a log: of SQLAlchemy, Django, Prisma, sqlite3's .trace, drivers' callbacks, NDJSON, or plain SQL.
 * Invariant: a line in an unknown form belongs to the statement before it, or to none.
 */
import type { CollectedText } from './collected.ts'
import { withoutDriverMarks } from './driver-marks.ts'
import { readParameters } from './log-parameters.ts'

type Parameters = NonNullable<CollectedText['parameters']>

type Entry = { sql: string; line: number; parameters: Parameters | null; isOpen: boolean }

const keyword =
  '(?:select|insert|update|delete|replace|with|values|create|alter|drop|begin|commit|rollback|savepoint|release|pragma|vacuum|analyze)\\b'
const sqlalchemy = /^(?:[\d-]+[ T][\d:,.]+\s+)?(?:INFO|DEBUG)[: ]\s*sqlalchemy\.engine[\w.]*[: ]\s?(.*)$/
const sqlalchemyParameters =
  /^\[(?:generated in|cached since|raw sql|no key|caching disabled|dialect)[^\]]*\]\s*(.*)$/
const django = new RegExp(`\\(\\d+\\.\\d+\\)\\s+(${keyword}.*?);?\\s*args=(.*?)(?:;\\s*alias=\\w+)?$`, 'is')
const prisma = new RegExp(`prisma:query\\s+(${keyword}.*)$`, 'i')
const beginning = new RegExp(
  `^\\s*(?:[\\d-]+[ T][\\d:,.]+Z?\\s+)?(?:\\[[^\\]]*\\]\\s*)?(?:(?:DEBUG|INFO|TRACE)[: ]\\s*)?(?:(?:sql|query|executing|execute)[:>]?\\s+)?(${keyword}.*)$`,
  'is',
)
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal begin with it
const colours = /\x1b\[[\d;]*m/g

export function collectLog(file: string, text: string): CollectedText[] {
  const entries: Entry[] = []
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    const entry = readLine(line.replaceAll(colours, ''), at + 1, entries.at(-1))
    if (entry !== null) entries.push(entry)
  }
  return entries.map(({ sql, line, parameters }) => textOf(file, sql, line, parameters))
}

/** Returns the statement that begins on the line; null when the line belongs to the last statement, or to none. */
function readLine(line: string, number: number, last: Entry | undefined): Entry | null {
  const begin = (sql: string, parameters: Parameters | null = null, isOpen = false): Entry => {
    return { sql, line: number, parameters, isOpen }
  }
  const ofJson = readJson(line)
  if (ofJson !== null) return begin(ofJson.sql, ofJson.parameters)
  const ofEngine = sqlalchemy.exec(line)?.[1]
  if (ofEngine !== undefined) {
    const given = sqlalchemyParameters.exec(ofEngine)?.[1]
    if (given !== undefined) return giveParameters(last, given)
    return beginning.test(ofEngine) ? begin(ofEngine, null, true) : null
  }
  const ofDjango = django.exec(line)
  if (ofDjango !== null) return begin(ofDjango[1]!, readParameters(ofDjango[2]!))
  const ofPrisma = prisma.exec(line)?.[1]
  if (ofPrisma !== undefined) return begin(ofPrisma)
  const given = /^\s*(?:params|parameters)\s*[:=]\s*(.*)$/i.exec(line)?.[1]
  if (given !== undefined) return giveParameters(last, given)
  const begun = beginning.exec(line)?.[1]
  const isNew = last?.isOpen !== true || !isUnfinished(last.sql)
  // A keyword such as SELECT may also begin a line within a statement.
  if (begun !== undefined && isNew) return begin(begun, null, true)
  if (last?.isOpen !== true) return null
  last.sql += `\n${line}`
  if (line.trim() === '' || line.trimEnd().endsWith(';')) last.isOpen = false
  return null
}

function giveParameters(entry: Entry | undefined, text: string): null {
  if (entry !== undefined) {
    entry.parameters = readParameters(text)
    entry.isOpen = false
  }
  return null
}

/** Whether a parenthesis or a quote is open, or the last word requires another. */
function isUnfinished(sql: string): boolean {
  const bare = sql.replaceAll(/'(?:[^']|'')*'/g, '')
  const depth = (bare.match(/\(/g)?.length ?? 0) - (bare.match(/\)/g)?.length ?? 0)
  return depth > 0 || bare.includes("'") || /\b(?:as|do|union|all|conflict|and|or|on)\s*$/i.test(bare)
}

function textOf(file: string, sql: string, line: number, parameters: Parameters | null): CollectedText {
  const marked = withoutDriverMarks(sql)
  const hasPlaces = /\?|[:@$][A-Za-z_]/.test(marked.replaceAll(/'(?:[^']|'')*'/g, ''))
  return {
    pieces: [{ kind: 'text', text: marked, at: 0 }],
    file,
    lineAt: () => line,
    isGivenToDatabase: true,
    ...(parameters === null || !hasPlaces ? {} : { parameters }),
    ...(hasPlaces ? {} : { isLogged: true as const }),
  }
}

function readJson(line: string): { sql: string; parameters: Parameters | null } | null {
  if (!line.trimStart().startsWith('{')) return null
  try {
    const value = JSON.parse(line) as Record<string, unknown>
    const sql = value.sql ?? value.query ?? value.statement
    if (typeof sql !== 'string') return null
    const given = value.params ?? value.parameters ?? value.bindings ?? value.args
    return { sql, parameters: given === undefined ? null : readParameters(JSON.stringify(given)) }
  } catch {
    // A line that only looks like JSON.
    return null
  }
}
