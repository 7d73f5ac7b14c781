/** Counts a dump's tables and rows from its text alone. Invariant: none of it is executed. */

import { readDump } from './dump-file.ts'
import { judge } from './guard.ts'
import { endOfQuote } from './literals.ts'
import { StatementCutter } from './statement-cutter.ts'

type DumpTable = { readonly name: string; readonly rows: number }

const NAME = /("(?:[^"]|"")+"|'(?:[^']|'')+'|`[^`]+`|\[[^\]]+\]|[\w$]+)/
const created = new RegExp(
  `^create\\s+(?:virtual\\s+)?table\\s+(?:if\\s+not\\s+exists\\s+)?${NAME.source}`,
  'i',
)
const filled = new RegExp(`^(?:insert(?:\\s+or\\s+\\w+)?|replace)\\s+into\\s+(?:main\\.)?${NAME.source}`, 'i')
const HEAD_BYTES = 1024

/** Returns the tables in order, with the number of rows inserted into each. Throws the errors of reading the file. */
export async function countDumpRows(path: string): Promise<readonly DumpTable[]> {
  const tables = new Map<string, { name: string; rows: number }>()
  const cutter = new StatementCutter()
  for await (const chunk of readDump(path)) {
    for (const { bytes } of cutter.push(chunk)) {
      const head = bytes.toString('utf8', 0, HEAD_BYTES)
      const into = filled.exec(head)?.[1]
      if (into !== undefined) {
        const table = tables.get(plainName(into).toLowerCase())
        if (table !== undefined) table.rows += countTuples(bytes)
        continue
      }
      const name = created.exec(head)?.[1] ?? virtualTable(head)
      if (name === undefined || /^["'`[]?sqlite_/i.test(name)) continue
      const plain = plainName(name)
      tables.set(plain.toLowerCase(), { name: plain, rows: 0 })
    }
  }
  return [...tables.values()]
}

function virtualTable(head: string): string | undefined {
  if (!/^insert\s+into\s+sqlite_/i.test(head)) return undefined
  const verdict = judge(head)
  return verdict.kind === 'virtual-table' ? verdict.name : undefined
}

function plainName(name: string): string {
  const quote = name[0]!
  if (/[\w$]/.test(quote)) return name
  const inside = name.slice(1, -1)
  return quote === '[' ? inside : inside.replaceAll(quote + quote, quote)
}

const [OPEN, CLOSE] = [0x28, 0x29]

/** Counts the outermost parentheses after VALUES; 1 for every other form of insert. */
function countTuples(bytes: Buffer): number {
  let depth = 0
  let groups = 0
  let values = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === OPEN) depth++
    else if (byte === CLOSE && --depth === 0) groups++
    else if (depth === 0 && (byte | 0x20) === 0x76 && /^values\b/i.test(bytes.toString('latin1', at, at + 7)))
      [values, at] = [groups + 1, at + 5]
    else {
      const end = endOfQuote(bytes, at)
      if (end !== null) at = end - 1
    }
  }
  return values === 0 ? 1 : Math.max(1, groups - values + 1)
}
