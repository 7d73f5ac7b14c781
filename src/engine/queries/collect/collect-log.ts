/**
 * Statements in a log: of SQLAlchemy, Django, Prisma, of sqlite3's .trace and the drivers' own callbacks, NDJSON, or plain SQL.
 * Invariant: a line that no form knows belongs to the statement before it, or to none.
 */
import type { CollectedText } from './collected.ts'
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
  const open = (): Entry | null => (entries.at(-1)?.isOpen ? entries.at(-1)! : null)
  const add = (sql: string, line: number, parameters: Parameters | null = null, isOpen = false): void => {
    entries.push({ sql, line, parameters, isOpen })
  }
  text.split(/\r?\n/).forEach((raw, at) => {
    const line = raw.replaceAll(colours, '')
    const ofJson = readJson(line)
    if (ofJson !== null) return add(ofJson.sql, at + 1, ofJson.parameters)
    const ofEngine = sqlalchemy.exec(line)?.[1]
    if (ofEngine !== undefined) {
      const given = sqlalchemyParameters.exec(ofEngine)?.[1]
      const last = entries.at(-1)
      if (given !== undefined) {
        if (last !== undefined) [last.parameters, last.isOpen] = [readParameters(given), false]
      } else if (beginning.test(ofEngine)) add(ofEngine, at + 1, null, true)
      return
    }
    const ofDjango = django.exec(line)
    if (ofDjango !== null) return add(ofDjango[1]!, at + 1, readParameters(ofDjango[2]!))
    const ofPrisma = prisma.exec(line)?.[1]
    if (ofPrisma !== undefined) return add(ofPrisma, at + 1)
    const given = /^\s*(?:params|parameters)\s*[:=]\s*(.*)$/i.exec(line)?.[1]
    const last = entries.at(-1)
    if (given !== undefined && last !== undefined) {
      ;[last.parameters, last.isOpen] = [readParameters(given), false]
      return
    }
    const begun = beginning.exec(line)?.[1]
    const current = open()
    // `UPDATE` at the beginning of a line may still be part of an upsert.
    if (begun !== undefined && (current === null || !isUnfinished(current.sql)))
      return add(begun, at + 1, null, true)
    if (current !== null) {
      current.sql += `\n${line}`
      if (line.trim() === '' || line.trimEnd().endsWith(';')) current.isOpen = false
    }
  })
  return entries.map(({ sql, line, parameters }) => textOf(file, sql, line, parameters))
}

/** A parenthesis or a quote is open, or a word that wants more. */
function isUnfinished(sql: string): boolean {
  const bare = sql.replaceAll(/'(?:[^']|'')*'/g, '')
  const depth = (bare.match(/\(/g)?.length ?? 0) - (bare.match(/\)/g)?.length ?? 0)
  return depth > 0 || bare.includes("'") || /\b(?:as|do|union|all|conflict|and|or|on)\s*$/i.test(bare)
}

function textOf(file: string, sql: string, line: number, parameters: Parameters | null): CollectedText {
  const marked = sql.replaceAll(/%\((\w+)\)s/g, ':$1').replaceAll(/(?<=[\s(,=<>])%s(?=[\s),;]|$)/g, '?')
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
