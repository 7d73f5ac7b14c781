/**
 * Compares entries of quarantine and archive: those that the snapshot yields, and those that the journal holds. Invariant: every entry that
 * only one side has, or that differs, is reported or counted in the last difference.
 */
import { ByteWriter } from '../encode/cell/byte-writer.ts'
import type { ArchiveEntry, QuarantineEntry } from '../model/journal.ts'
import type { Difference } from '../model/report.ts'
import { writeEntry } from '../rows/sum-entries.ts'
import { tupleFields } from '../target/copy/copy-binary.ts'

const MOST_NAMED = 100
const LONGEST_PRINT = 200

export class EntryComparison {
  readonly #waiting = new Map<string, Buffer>()
  readonly #out = new ByteWriter(1 << 10)
  readonly #found: Difference[] = []
  #unnamed = 0

  addExpected(entry: QuarantineEntry | ArchiveEntry): void {
    this.#out.position = 0
    writeEntry(entry, this.#out)
    const tuple = Buffer.from(this.#out.buffer.subarray(0, this.#out.position))
    this.#waiting.set(entryKey(tupleFields(tuple)), tuple)
  }

  /** Compares the entry's fields; the journal has at most one entry for each key. */
  addKept(tuple: Buffer): void {
    const kept = tupleFields(tuple)
    const place = entryKey(kept)
    const expected = this.#waiting.get(place)
    this.#waiting.delete(place)
    if (expected === undefined) this.#note('extra-row', kept, null)
    else if (!expected.equals(tuple)) this.#note('changed', tupleFields(expected), kept)
  }

  /** Reports the expected entries that the journal lacks, and returns all differences. */
  end(): Difference[] {
    for (const tuple of this.#waiting.values()) this.#note('missing-row', tupleFields(tuple), null)
    this.#waiting.clear()
    const last = this.#found.at(-1)
    if (this.#unnamed === 0 || last === undefined) return this.#found
    return [
      ...this.#found,
      { ...last, kind: 'changed', key: null, source: null, target: `${this.#unnamed} more differences` },
    ]
  }

  #note(kind: Difference['kind'], entry: Fields, kept: Fields | null): void {
    if (this.#found.length === MOST_NAMED) {
      this.#unnamed++
      return
    }
    const { where, table, ordinal } = headOf(entry)
    const [source, target] = kept === null ? [null, null] : unequalParts(entry, kept)
    this.#found.push({ table, kind, key: `row ${ordinal}`, column: `gpt_migrate.${where}`, source, target })
  }
}

/** In the order of `writeEntry`. */
type Fields = readonly (Buffer | null)[]

function headOf([kind, table, ordinal, key]: Fields) {
  return {
    where: String(kind) === 'quarantine' ? 'quarantine' : 'archive',
    table: String(table),
    ordinal: ordinal!.readBigInt64BE(),
    key: String(key),
  }
}

function entryKey(entry: Fields): string {
  const { where, table, ordinal, key } = headOf(entry)
  return JSON.stringify([where, table, String(ordinal), key])
}

/** Returns the differing cells and other fields of both sides as text. */
function unequalParts(expected: Fields, kept: Fields): [string, string] {
  const parts = [new Map(partsOf(expected)), new Map(partsOf(kept))] as const
  const names = [...new Set(parts.flatMap((part) => [...part.keys()]))].filter(
    (name) => parts[0].get(name) !== parts[1].get(name),
  )
  const print = (part: ReadonlyMap<string, string>): string => {
    const text = names.map((name) => `${name} ${part.get(name) ?? 'missing'}`).join(', ')
    return text.length <= LONGEST_PRINT ? text : `${text.slice(0, LONGEST_PRINT - 1)}…`
  }
  return [print(parts[0]), print(parts[1])]
}

function partsOf([kind, , , , cells, ...others]: Fields): [string, string][] {
  const rows: unknown = JSON.parse(String(cells))
  const objects = Array.isArray(rows) ? rows : [rows]
  const names = others.length === 2 ? ['column', 'code'] : ['target row']
  return [
    ...objects.flatMap((row, index) =>
      Object.entries(row ?? {}).map(([name, cell]): [string, string] => [
        objects.length === 1 ? name : `${index + 1}: ${name}`,
        JSON.stringify(cell),
      ]),
    ),
    ['kind', `${kind} of ${objects.length}`],
    ...others.map((field, index): [string, string] => [
      names[index]!,
      field === null ? 'null' : String(field),
    ]),
  ]
}
