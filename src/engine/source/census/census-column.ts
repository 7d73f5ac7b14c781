/**
 * The counting of one column: what to ask in each pass, given what the passes before have answered. Invariant: a question is left
 * out only where its answer follows from others.
 */
import type { CatalogColumn } from '../../model/catalog.ts'
import type { ColumnCensus, TextForm } from '../../model/census.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { textEncodingOf, utf8Of } from '../base/raw-cells.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'
import type { Answer, Scan } from './census-scan.ts'
import { alsoPossible, formCondition, isPossible, type TextBounds, textForms } from './text-forms.ts'

const MOST_VALUES = 12
/** Columns with longer texts are not looked through for repeated values. */
const VALUE_CHARACTERS = 32
const LARGEST_REAL = '1.7976931348623157e308'

type Class = 'integer' | 'real' | 'text' | 'blob'
type Counted = () => number
type DistinctValue = { readonly literal: string; readonly value: string; count: Counted }

const NONE: Counted = () => 0

export class ColumnCount {
  readonly column: CatalogColumn
  rows = 0
  readonly #name: string
  readonly #utf8: boolean
  readonly #hasLong: boolean
  #present: Counted = NONE
  #least: Answer = () => null
  #most: Answer = () => null
  #leastClass: Answer = () => null
  #mostClass: Answer = () => null
  #leastFirst: Answer = () => null
  #mostFirst: Answer = () => null
  #counts: Partial<Record<Class, Counted>> = {}
  #integerRange: readonly [Answer, Answer] | null = null
  #realRange: readonly [Answer, Answer] | null = null
  #wholeReals: Counted = NONE
  #infinities: Counted = NONE
  #textBytes: Counted = NONE
  #maxTextBytes: Counted = NONE
  #characters: Counted = NONE
  #maxCharacters: Counted = NONE
  #nulTexts: Counted = NONE
  #blobBytes: Counted = NONE
  #maxBlobBytes: Counted = NONE
  #values: readonly DistinctValue[] | null = null
  readonly #forms = new Map<TextForm, Counted>()
  #likely: TextForm | null = null
  #sampled: { readonly texts: Counted; readonly forms: ReadonlyMap<TextForm, Counted> } | null = null

  /** `hasLong`: some of the table's rows are so large that extremes of theirs must not be held. */
  constructor(column: CatalogColumn, { utf8, hasLong }: { utf8: boolean; hasLong: boolean }) {
    this.column = column
    this.#name = quoteSqlite(column.name)
    this.#utf8 = utf8
    this.#hasLong = hasLong
  }

  /** First pass. Nulls sort before numbers, numbers before text, text before blobs: two extremes determine most classes. */
  askClasses(scan: Scan): void {
    const compared = this.#hasLong ? beginning(this.#name) : this.#name
    const least = `min(${compared} collate binary)`
    const most = `max(${compared} collate binary)`
    const number = (value: string) => `case when typeof(${value}) in ('integer', 'real') then ${value} end`
    const first = (value: string) => `case when typeof(${value}) = 'text' then unicode(${value}) end`
    // Not `is null`, which SQLite takes for false in a NOT NULL column whatever it holds.
    this.#present = scan.number(`count(${this.#name})`)
    this.#leastClass = scan.ask(`typeof(${least})`)
    this.#mostClass = scan.ask(`typeof(${most})`)
    this.#least = scan.ask(number(least))
    this.#most = scan.ask(number(most))
    this.#leastFirst = scan.ask(first(least))
    this.#mostFirst = scan.ask(first(most))
  }

  /** Second pass: counts of classes that the first left open, sizes of those it settled. */
  askSizes(scan: Scan): void {
    const only = this.#onlyClass()
    if (only !== null) {
      this.#counts = { [only]: this.#present }
      this.#askClassDetails(scan, only, this.#name)
      return
    }
    if (this.#present() === 0) return
    for (const name of ['integer', 'real', 'text'] as const) {
      if (!this.#mayHold(name)) continue
      this.#counts[name] = scan.count(`typeof(${this.#name}) = '${name}'`)
    }
    this.#counts.blob = () => {
      const { integer = NONE, real = NONE, text = NONE } = this.#counts
      return this.#present() - integer() - real() - text()
    }
  }

  /** Third pass: what is in mixed columns, and in texts that are not all plain ASCII. */
  askDetails(scan: Scan): void {
    if (this.#onlyClass() === null) {
      for (const name of ['integer', 'real', 'text', 'blob'] as const) {
        if (this.#count(name) > 0) this.#askClassDetails(scan, name, this.#of(name))
      }
    }
    if (this.#count('text') === 0) return
    const text = this.#of('text')
    if (this.#onlyClass() === 'text' && this.#isPlain()) {
      this.#maxCharacters = () => this.#maxTextBytes() / (this.#utf8 ? 1 : 2)
      return
    }
    this.#nulTexts = scan.count(`instr(${text}, char(0)) > 0`)
    this.#maxCharacters = scan.number(`max(length(${text}))`)
  }

  /** SQLite's length() stops at U+0000, and its replace() doesn't find one: those texts, which are rare, are measured here. */
  measureNulTexts(db: SqliteDatabase, from: string): void {
    if (this.#nulTexts() === 0) return
    const encoding = textEncodingOf(db)
    const texts = db
      .prepare(
        `select cast(${this.#name} as blob) from ${from}
         where typeof(${this.#name}) = 'text' and instr(${this.#name}, char(0)) > 0`,
      )
      .pluck()
      .iterate() as Iterable<Buffer>
    let longest = this.#maxCharacters()
    for (const text of texts) {
      longest = Math.max(longest, countCharacters(encoding === 'utf8' ? text : utf8Of(text, encoding)))
    }
    this.#maxCharacters = () => longest
  }

  /** Looks for few distinct values, one query a column: it ends early where there are many. */
  findValues(db: SqliteDatabase, from: string): void {
    const present = this.#present()
    const integers = this.#count('integer') === present
    const texts = this.#count('text') === present && this.#maxCharacters() <= VALUE_CHARACTERS
    if (present > 0 && !(integers || (texts && this.#nulTexts() === 0))) return
    const found = db
      .prepare(
        `select cast(v as text), hex(cast(v as blob)) from (
           select distinct ${this.#name} collate binary as v from ${from} limit ${MOST_VALUES + 2}
         ) where typeof(v) <> 'null'`,
      )
      .raw()
      .all() as [string, string][]
    if (found.length > MOST_VALUES) return
    this.#values = found.map(([value, bytes]) => ({
      literal: integers ? value : `cast(x'${bytes}' as text)`,
      value,
      count: NONE,
    }))
    if (texts) this.#countFormsOfValues(db, this.#values)
  }

  /** On a few rows only, in which this column is called `name`: which form all texts seem to have. */
  askSample(scan: Scan, name: string): void {
    if (this.#count('text') === 0 || this.#values !== null) return
    const text = this.#of('text', name)
    this.#sampled = {
      texts: scan.count(`typeof(${text}) = 'text'`),
      forms: new Map(textForms.map((form) => [form, scan.count(this.#condition(form, text))])),
    }
  }

  /** Fourth pass: the likely form and what goes with it, or every form that is possible; the counts of the few values. */
  askLikelyForm(scan: Scan): void {
    if (this.#values !== null) {
      this.#askValueCounts(scan, this.#values)
      return
    }
    if (this.#sampled === null) return
    const { texts, forms } = this.#sampled
    this.#likely = texts() === 0 ? null : (textForms.find((form) => forms.get(form)!() === texts()) ?? null)
    const likely = this.#likely
    if (likely === null) {
      for (const form of textForms) this.#askForm(scan, form)
      return
    }
    this.#askForm(scan, likely)
    // Every whole number is a decimal one.
    if (likely === 'whole') this.#forms.set('decimal', this.#forms.get('whole')!)
    for (const form of alsoPossible(likely, this.#maxCharacters())) {
      // A number that is a UUID has 32 digits.
      this.#askForm(scan, form, form === 'uuid' || likely === 'uuid' ? 32 : null)
    }
  }

  /** Fifth pass: all other forms, where not all texts had the likely one. */
  askOtherForms(scan: Scan): void {
    const likely = this.#likely
    if (likely === null || this.#forms.get(likely)!() === this.#count('text')) return
    for (const form of textForms) {
      if (form !== likely) this.#askForm(scan, form)
    }
  }

  result(): ColumnCensus {
    const forms = textForms.map((form) => [form, this.#forms.get(form)?.() ?? 0])
    return {
      name: this.column.name,
      nulls: this.rows - this.#present(),
      integers: this.#count('integer'),
      reals: this.#count('real'),
      texts: this.#count('text'),
      blobs: this.#count('blob'),
      integerRange: this.#integers(),
      realRange: this.#reals(),
      wholeReals: this.#wholeReals(),
      infinities: this.#infinities(),
      maxCharacters: this.#maxCharacters(),
      maxTextBytes: this.#maxTextBytes(),
      maxBlobBytes: this.#maxBlobBytes(),
      totalBytes: this.#textBytes() + this.#blobBytes(),
      textForms: Object.fromEntries(forms) as Record<TextForm, number>,
      nulTexts: this.#nulTexts(),
      values: this.#valueCounts(),
    }
  }

  /** An INTEGER PRIMARY KEY needs no counting: it is the rowid. */
  rowidResult(range: ColumnCensus['integerRange']): ColumnCensus {
    const { rows } = this
    return { ...this.result(), nulls: 0, integers: rows, integerRange: range, values: rows === 0 ? [] : null }
  }

  #askClassDetails(scan: Scan, name: Class, of: string): void {
    switch (name) {
      case 'integer':
        this.#integerRange =
          this.#onlyClass() === 'integer' ? null : [scan.ask(`min(${of})`), scan.ask(`max(${of})`)]
        return
      case 'real': {
        const finite = `case when abs(${of}) <= ${LARGEST_REAL} then ${of} end`
        const edges = [this.#least(), this.#most()].map((edge) => Math.abs(Number(edge ?? Number.NaN)))
        const settled = this.#onlyClass() === 'real' && edges.every((edge) => edge < 2 ** 63)
        // A cast to INTEGER stops at 2^63; all finite numbers from there on are whole.
        const large = settled ? '' : ` or abs(${of}) between 9223372036854775808.0 and ${LARGEST_REAL}`
        this.#wholeReals = scan.count(`${of} = cast(${of} as integer)${large}`)
        if (settled) return
        this.#infinities = scan.count(`abs(${of}) > ${LARGEST_REAL}`)
        this.#realRange = [scan.ask(`min(${finite})`), scan.ask(`max(${finite})`)]
        return
      }
      case 'text':
        this.#textBytes = scan.number(`sum(octet_length(${of}))`)
        this.#maxTextBytes = scan.number(`max(octet_length(${of}))`)
        this.#characters = scan.number(`sum(length(${of}))`)
        return
      case 'blob':
        this.#blobBytes = scan.number(`sum(length(${of}))`)
        this.#maxBlobBytes = scan.number(`max(length(${of}))`)
        return
      default:
        name satisfies never
    }
  }

  /** The one class of all values that aren't null, where the extremes determine it. */
  #onlyClass(): Class | null {
    const least = this.#leastClass() as Class | 'null'
    const most = this.#mostClass()
    if (this.#present() === 0) return null
    if (least === 'text' || least === 'blob') return least === most ? least : null
    // A REAL column never shows an INTEGER (https://www.sqlite.org/datatype3.html#type_affinity).
    return this.column.affinity === 'real' && most === 'real' ? 'real' : null
  }

  #mayHold(name: Class): boolean {
    const order = { integer: 0, real: 0, text: 1, blob: 2 }
    const least = order[this.#leastClass() as Class]
    const most = order[this.#mostClass() as Class]
    return order[name] >= least && order[name] <= most
  }

  #count(name: Class): number {
    return this.#counts[name]?.() ?? 0
  }

  /** SQL of the column's values of one class; null for the others. */
  #of(name: Class, column = this.#name): string {
    return this.#count(name) === this.#present()
      ? column
      : `case typeof(${column}) when '${name}' then ${column} end`
  }

  /** As many bytes as characters (in UTF-16 two each): no U+0000, and no character that takes more. */
  #isPlain(): boolean {
    return this.#textBytes() === this.#characters() * (this.#utf8 ? 1 : 2)
  }

  #condition(form: TextForm, text: string): string {
    const isBytes = this.#utf8 && this.#isPlain()
    const condition = formCondition(form, text, (of) => (isBytes ? `octet_length(${of})` : `length(${of})`))
    return this.#nulTexts() === 0 ? condition : `instr(${text}, char(0)) = 0 and (${condition})`
  }

  #askForm(scan: Scan, form: TextForm, characters: number | null = null): void {
    if (!isPossible(form, this.#bounds())) {
      this.#forms.set(form, NONE)
      return
    }
    const text = this.#of('text')
    const condition = this.#condition(form, text)
    const narrowed = characters === null ? condition : `length(${text}) = ${characters} and (${condition})`
    this.#forms.set(form, scan.count(narrowed))
  }

  #bounds(): TextBounds {
    const characters = this.#maxCharacters()
    // UTF-16 bytes don't sort like characters.
    if (this.#onlyClass() !== 'text' || !this.#utf8) return { characters, first: null }
    const code = (answer: Answer, otherwise: number) => (answer() === null ? otherwise : Number(answer()))
    return { characters, first: { least: code(this.#leastFirst, -1), most: code(this.#mostFirst, 0) } }
  }

  #countFormsOfValues(db: SqliteDatabase, values: readonly DistinctValue[]): void {
    const has = values.map(({ literal }) => {
      const conditions = textForms.map((form) => this.#condition(form, 'v'))
      return db
        .prepare(`select ${conditions.join(', ')} from (select ${literal} as v)`)
        .raw()
        .get() as number[]
    })
    textForms.forEach((form, index) => {
      const having = values.filter((_, at) => has[at]![index] === 1)
      this.#forms.set(form, () => having.reduce((sum, { count }) => sum + count(), 0))
    })
  }

  #askValueCounts(scan: Scan, values: readonly DistinctValue[]): void {
    const asked = values.slice(0, -1)
    for (const value of asked) value.count = scan.count(`${this.#name} collate binary = ${value.literal}`)
    const last = values.at(-1)
    if (last !== undefined) {
      last.count = () => this.#present() - asked.reduce((sum, { count }) => sum + count(), 0)
    }
  }

  #valueCounts(): ColumnCensus['values'] {
    if (this.#present() === 0) return []
    return (
      this.#values
        ?.map(({ value, count }) => ({ value, count: count() }))
        .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1)) ?? null
    )
  }

  #integers(): ColumnCensus['integerRange'] {
    if (this.#count('integer') === 0) return null
    const [min, max] = this.#integerRange ?? [this.#least, this.#most]
    return { min: String(min()), max: String(max()) }
  }

  #reals(): ColumnCensus['realRange'] {
    if (this.#count('real') === this.#infinities()) return null
    const [min, max] = this.#realRange ?? [this.#least, this.#most]
    return { min: Number(min()), max: Number(max()) }
  }
}

/** SQL of a value, or of the first character or byte of a long one, which shows its class and how its text begins. */
function beginning(name: string): string {
  const isLong = `typeof(${name}) in ('text', 'blob') and octet_length(${name}) > 1000`
  return `iif(${isLong}, substr(${name}, 1, 1), ${name})`
}

function countCharacters(utf8: Buffer): number {
  let characters = 0
  for (const byte of utf8) if ((byte & 0xc0) !== 0x80) characters++
  return characters
}
