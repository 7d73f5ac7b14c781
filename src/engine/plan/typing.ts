import type { CatalogColumn } from '../model/catalog.ts'
import type { ColumnCensus } from '../model/census.ts'
import { type Conversion, type EpochUnit, isDigitsUnit, isWallUnit } from '../model/conversion.ts'
import { EPOCH_RECOGNISED, type Finding } from '../model/finding.ts'
import type { PlanOptions } from '../model/plan.ts'
import { IS_UTF8_TEXT } from '../model/snapshot.ts'
import { quoteSqlite } from '../syntax/sqlite-names.ts'
import { conversionTo } from './conversion-to.ts'
import { type DeclaredType, parseDeclaredType } from './declared-type.ts'
import { epochUnitOf, epochWords, offeredUnits, type TimeEvidence } from './epoch-units.ts'
import { beforeAndAfter } from './time-evidence.ts'
import { impossibleTime, timeTexts } from './time-forms.ts'

/**
 * The PostgreSQL type of a column, from its declaration and its census together. Invariant: every value that the census counted
 * has an exact or a normalized image in the type; where the declaration can't give that, the values win and a finding says so.
 */

export type ColumnTyping = {
  readonly type: string
  readonly conversion: Conversion
  readonly findings: readonly Finding[]
  /** Units of time that the column's numbers may have, where a person has to say which, or may say so. */
  readonly units: readonly EpochUnit[]
  /** A type that the user may choose instead. */
  readonly otherwise: string | null
}

type Choice = { readonly type: string; readonly reason?: Reason }
/** Why a column isn't of its declared type: what is said of it after the column's name. */
type Reason = {
  readonly severity: Finding['severity']
  readonly code: string
  readonly message: string
  readonly count?: number
  /** Another type that the column may have, at the cost that the message tells or that some rows go to quarantine. */
  readonly otherwise?: string
  /** Units that the user may name instead. */
  readonly units?: readonly EpochUnit[]
}

type Question = {
  readonly column: CatalogColumn
  readonly census: ColumnCensus
  readonly declared: DeclaredType
  readonly options: PlanOptions
  readonly sample: string | null
  readonly ask: Ask | null
  readonly evidence: TimeEvidence | null
}

/** How many of the column's rows meet an SQL condition, in which the column is named by its quoted name. */
export type Ask = (condition: string) => number

/**
 * The narrowest type that holds every value of the column, the declared one where that does. `sample`: a usual text of the column,
 * where the caller has one. Findings name the column; the caller adds the table.
 */
export function typeColumn(
  column: CatalogColumn,
  census: ColumnCensus,
  options: PlanOptions,
  sample: string | null = null,
  ask: Ask | null = null,
  evidence: TimeEvidence | null = null,
): ColumnTyping {
  const declared = parseDeclaredType(column)
  const question = { column, census, declared, options, sample, ask, evidence }
  let choice = choose(question)
  const findings: Finding[] = []
  const isOpposed = choice.reason?.severity === 'warning' && declared.family !== 'none'
  if (choice.reason !== undefined && isOpposed && options.strictTypes) {
    const type = declaredTarget(declared, options)
    choice = {
      type,
      reason: {
        severity: 'warning',
        code: 'strict-types',
        message: `${choice.reason.message}; it stays ${type} as you asked for strict types, and the rows that don't fit go to quarantine`,
        ...(choice.reason.count === undefined ? {} : { count: choice.reason.count }),
      },
    }
  }
  if (choice.reason !== undefined) {
    const { message, units: _, otherwise: __, ...rest } = choice.reason
    findings.push({
      ...rest,
      message: `Column ${JSON.stringify(column.name)} ${message}.`,
      column: column.name,
    })
  }
  const conversion = conversionTo(choice.type, column, census, options, sample, evidence)
  if (conversion === null) throw new Error(`no conversion to ${choice.type}`)
  if (census.nulTexts > 0 && (conversion.kind === 'text' || conversion.kind === 'enumeration')) {
    findings.push({
      severity: 'warning',
      code: 'nul-in-text',
      message: `Column ${JSON.stringify(column.name)} has ${texts(census.nulTexts)} with the character U+0000, which PostgreSQL's text can't hold; those rows go to quarantine.`,
      hint: 'Give the column the type bytea to keep such texts as bytes.',
      column: column.name,
      count: census.nulTexts,
    })
  }
  const { units = [], otherwise = null } = choice.reason ?? {}
  return { type: choice.type, conversion, findings, units, otherwise }
}

function choose(question: Question): Choice {
  const { census, declared, options, evidence } = question
  const { integers, reals, texts, blobs } = census
  if (integers + reals + texts + blobs === 0) return { type: declaredTarget(declared, options) }
  if (evidence?.declared != null && blobs === 0) {
    const choice = chooseNamedUnit(question, evidence.declared)
    if (choice !== null) return choice
  }
  if (blobs > 0) return chooseForBlobs(question)
  if (texts === 0) return chooseForNumbers(question)
  return chooseForTexts(question)
}

/** What the declaration alone says: for columns without values, and for strict types. */
export function declaredTarget(declared: DeclaredType, options: PlanOptions): string {
  switch (declared.family) {
    case 'integer':
      return options.int4WhenFits && !/big|long|8|64/.test(declared.base) ? 'integer' : 'bigint'
    case 'boolean':
      return 'boolean'
    case 'double':
      return 'double precision'
    case 'decimal':
      return numericType(declared) ?? 'numeric'
    case 'text':
      return textType(declared) ?? 'text'
    case 'date':
      return 'date'
    case 'timestamp':
      return /tz|with|offset/.test(declared.base) && !declared.base.includes('without')
        ? 'timestamp with time zone'
        : 'timestamp without time zone'
    case 'time':
      return 'time without time zone'
    case 'uuid':
    case 'json':
    case 'jsonb':
      return declared.family
    case 'bytes':
      return 'bytea'
    case 'none':
      return 'text'
    default:
      return declared.family satisfies never
  }
}

function numericType(declared: DeclaredType): string | null {
  const [precision, scale = 0] = declared.arguments
  if (precision === undefined || precision < 1 || precision > 1000 || scale > precision) return null
  return `numeric(${precision},${scale})`
}

/** `character varying(n)` for a declared length; a fixed length too, since PostgreSQL would pad it. */
function textType(declared: DeclaredType): string | null {
  const [length] = declared.arguments
  if (!declared.base.includes('char') || declared.base.startsWith('long')) return null
  if (length === undefined || length < 1 || length > 10_485_760) return null
  return `character varying(${length})`
}

function chooseForBlobs(question: Question): Choice {
  const { census, declared } = question
  const { integers, reals, texts, blobs } = census
  if (integers + reals === 0 && declared.family === 'text') {
    const others = countOtherThanText(question)
    if (others === 0) return chooseTextOfBytes(question)
    if (others !== null && texts > 0)
      return { type: 'bytea', reason: { ...mixed(census, 'bytea'), otherwise: 'text' } }
  }
  if (integers + reals > 0) return { type: 'jsonb', reason: mixed(census, 'jsonb') }
  if (texts > 0) return { type: 'bytea', reason: mixed(census, 'bytea') }
  if (declared.family === 'uuid' && census.maxBlobBytes === 16 && census.totalBytes === blobs * 16) {
    return { type: 'uuid', reason: tellByteOrder(question) }
  }
  if (declared.family === 'bytes' || declared.family === 'none') return { type: 'bytea' }
  return { type: 'bytea', reason: differs(declared, 'holds BLOBs only', 'bytea') }
}

/**
 * Sixteen bytes are a UUID as RFC 9562 orders them. .NET's Guid.ToByteArray writes the first three groups backwards, by which the digit
 * of the version stands in the byte after its own: where it does so in every value, a person should know.
 */
function tellByteOrder({ column, census, ask }: Question): Reason {
  const hex = `hex(${quoteSqlite(column.name)})`
  const isVersioned = (at: number): string =>
    `substr(${hex}, ${at}, 1) between '1' and '8' and substr(${hex}, 17, 1) in ('8', '9', 'A', 'B')`
  const isBlob = `typeof(${quoteSqlite(column.name)}) = 'blob'`
  const without = (at: number): number => ask?.(`${isBlob} and not (${isVersioned(at)})`) ?? 0
  const isOfDotnet = ask !== null && without(13) > 0 && without(15) === 0
  return {
    severity: isOfDotnet ? 'warning' : 'notice',
    code: 'uuid-byte-order',
    message: `holds ${count(census.blobs, 'UUID')} as 16 bytes, read in the order in which they stand (RFC 9562)${isOfDotnet ? "; the version stands where .NET's Guid.ToByteArray writes it, which has the first three groups backwards, so .NET shows other digits" : ''}`,
    count: census.blobs,
    ...(isOfDotnet ? { otherwise: 'bytea' } : {}),
  }
}

/** BLOBs that are no UTF-8 text; null where the values cannot be queried. */
function countOtherThanText({ column, ask }: Question): number | null {
  const sql = quoteSqlite(column.name)
  return ask === null ? null : ask(`typeof(${sql}) = 'blob' and not ${IS_UTF8_TEXT}(${sql})`)
}

/** Text that an application wrote as bytes into a column of text is text: its storage class is not kept. */
function chooseTextOfBytes({ census, declared }: Question): Choice {
  const [length = 0] = declared.arguments
  const declaredText = textType(declared)
  const fits = declaredText !== null && Math.max(census.maxCharacters, census.maxBlobBytes) <= length
  const type = fits ? declaredText : 'text'
  const { blobs, texts } = census
  return {
    type,
    reason: {
      severity: 'notice',
      code: 'bytes-are-text',
      message: `holds ${count(blobs, 'BLOB')}${texts > 0 ? ` among ${count(texts, 'text')}` : ''} whose bytes are UTF-8 text; it becomes ${type}, in which they are texts`,
      count: blobs,
      otherwise: 'bytea',
    },
  }
}

function chooseForNumbers(question: Question): Choice {
  const { census, declared, options } = question
  const { integers, reals } = census
  const natural = numberType(census, options)
  switch (declared.family) {
    case 'integer':
      if (reals === 0) return { type: natural }
      return {
        type: natural,
        reason: integers > 0 ? mixed(census, natural) : differs(declared, 'holds REALs', natural),
      }
    case 'none':
    case 'bytes':
      if (integers > 0 && reals > 0) return { type: natural, reason: mixed(census, natural) }
      if (declared.family === 'none') return { type: natural }
      return { type: natural, reason: differs(declared, 'holds numbers only', natural) }
    case 'double':
      if (integers === 0 || fitsInteger(census, -(2n ** 53n), 2n ** 53n)) return { type: 'double precision' }
      return { type: natural, reason: mixed(census, natural) }
    case 'decimal':
      return chooseDecimal(question)
    case 'boolean':
      if (reals === 0 && isBit(census)) return { type: 'boolean' }
      return { type: natural, reason: differs(declared, 'holds numbers other than 0 and 1', natural) }
    case 'date':
    case 'timestamp':
      return chooseNumericTime(question, natural)
    case 'time':
    case 'uuid':
      return { type: natural, reason: differs(declared, 'holds numbers', natural) }
    case 'text':
      return { type: 'text' }
    case 'json':
    case 'jsonb':
      return { type: declared.family }
    default:
      return declared.family satisfies never
  }
}

/** The narrowest number type for integers and reals together. */
function numberType(census: ColumnCensus, options: PlanOptions): string {
  const { integers, reals, infinities } = census
  if (reals === 0) {
    return options.int4WhenFits && fitsInteger(census, -(2n ** 31n), 2n ** 31n - 1n) ? 'integer' : 'bigint'
  }
  if (integers === 0 || fitsInteger(census, -(2n ** 53n), 2n ** 53n)) return 'double precision'
  return infinities > 0 ? 'text' : 'numeric'
}

function fitsInteger({ integerRange }: ColumnCensus, min: bigint, max: bigint): boolean {
  return integerRange !== null && BigInt(integerRange.min) >= min && BigInt(integerRange.max) <= max
}

function isBit(census: ColumnCensus): boolean {
  return fitsInteger(census, 0n, 1n)
}

/** Whether no REAL of the column has more decimals than so many; false when the values cannot be queried. */
function haveDecimals({ column, ask }: Question, decimals: number): boolean {
  const sql = quoteSqlite(column.name)
  return ask !== null && ask(`typeof(${sql}) = 'real' and round(${sql}, ${decimals}) is not ${sql}`) === 0
}

/** A numeric without bounds holds every finite REAL exactly, in the shortest decimal that reads back the same. */
function chooseDecimal(question: Question): Choice {
  const { census, declared, options } = question
  const { reals, infinities } = census
  const bounded = numericType(declared)
  if (infinities > 0) {
    const type = numberType(census, options)
    return {
      type: type === 'bigint' ? 'double precision' : type,
      reason: differs(declared, 'holds infinities', type),
    }
  }
  if (bounded === null) return { type: 'numeric' }
  const [precision = 0, scale = 0] = declared.arguments
  const limit = 10n ** BigInt(precision - scale) - 1n
  if (reals === 0) {
    if (fitsInteger(census, -limit, limit)) return { type: bounded }
    return { type: 'numeric', reason: differs(declared, `holds integers beyond ${bounded}`, 'numeric') }
  }
  const { realRange } = census
  // Fifteen digits go through a binary number and back, whatever they are: so many decimals can be proved of it.
  const isWithin =
    (census.integers === 0 || fitsInteger(census, -limit, limit)) &&
    realRange !== null &&
    Math.max(-realRange.min, realRange.max) < Math.min(Number(limit), 10 ** (15 - scale))
  if (isWithin && haveDecimals(question, scale)) return { type: bounded }
  return {
    type: 'numeric',
    reason: {
      severity: 'notice',
      code: 'scale-not-proven',
      message: `is declared ${declared.base}(${declared.arguments.join(',')}) and holds ${count(reals, 'REAL')}, which may have more than ${scale} decimals; it becomes numeric without bounds, which holds each exactly`,
      count: reals,
    },
  }
}

/** Numbers of one unit are times where nothing of them is finer than what PostgreSQL keeps, its microseconds. */
function chooseNumericTime(question: Question, natural: string): Choice {
  const { column, census, declared, evidence } = question
  const unit = epochUnitOf(column, census, evidence)
  if (unit === null) return { type: natural, reason: undecided(question, natural) }
  if (isFinerThanKept(question, unit)) {
    return {
      type: natural,
      reason: {
        severity: 'notice',
        code: 'time-kept-as-number',
        message: `is declared ${declared.base} and holds ${epochWords[unit]} with more digits than PostgreSQL's microseconds${shown(evidence, unit)}; it stays a number (${natural}) so that nothing is rounded`,
        count: census.integers + census.reals,
        units: [unit],
      },
    }
  }
  return ofUnit(question, unit, `is declared ${declared.base} and holds numbers`)
}

/** The user's choice overrides the declaration and the values; what doesn't fit it is refused row by row. */
function chooseNamedUnit(question: Question, unit: EpochUnit): Choice | null {
  const { census, evidence } = question
  const numbers = census.integers + census.reals
  const others = census.texts - timeTexts(census) - (evidence?.numberTexts?.count ?? 0)
  if (numbers + (evidence?.numberTexts?.count ?? 0) === 0 || others > 0) return null
  return ofUnit(question, unit, 'holds numbers')
}

function ofUnit(question: Question, unit: EpochUnit, what: string): Choice {
  const { census, evidence } = question
  const zeros = evidence?.numbers === null ? 0 : (question.ask?.(isZero(question)) ?? 0)
  const beginning = zeros === 0 ? '' : `; ${count(zeros, 'zero')} ${zeros === 1 ? 'is' : 'are'} its beginning`
  const example = evidence === null ? null : beforeAndAfter(evidence, unit)
  return {
    type: typeOfUnit(question, unit),
    reason: {
      severity: 'notice',
      code: EPOCH_RECOGNISED,
      message: `${what}; they are read as ${epochWords[unit]}${example === null ? '' : `: ${example}`}${beginning}`,
      count: census.integers + census.reals,
    },
  }
}

function isZero({ column }: Question): string {
  const sql = quoteSqlite(column.name)
  return `typeof(${sql}) in ('integer', 'real') and ${sql} = 0`
}

/** Days are dates where the declaration says so and no value has a time of day. */
function typeOfUnit({ declared, options, evidence }: Question, unit: EpochUnit): string {
  if (declared.family === 'date') {
    const isDays = unit === 'yyyymmdd' || evidence?.midnights.includes(unit)
    if (isDays === true && (isWallUnit(unit) || options.timezone === 'UTC')) return 'date'
  }
  return isWallUnit(unit) ? 'timestamp without time zone' : 'timestamp with time zone'
}

/** Whether values have more digits than a moment keeps; true where the values cannot be queried. */
function isFinerThanKept(question: Question, unit: EpochUnit): boolean {
  const { column, census, ask } = question
  const { integers, reals, wholeReals } = census
  const sql = quoteSqlite(column.name)
  const isNumber = `typeof(${sql}) in ('integer', 'real')`
  if (isDigitsUnit(unit) || unit === 'excel-days') return false
  if (unit === 'julian-days') {
    // One unit in the last place of such a double is 40 µs: arithmetic leaves one or two.
    const millis = `cast(${sql} * 86400000.0 + 0.5 as integer) / 86400000.0`
    return ask !== null && ask(`${isNumber} and abs(${millis} - ${sql}) > 1e-9`) > 0
  }
  const finer = unit === 'nanoseconds' ? 1000 : unit === 'filetime' || unit === 'dotnet-ticks' ? 10 : 1
  if (
    finer > 1 &&
    (ask === null || reals > 0 || ask(`typeof(${sql}) = 'integer' and ${sql} % ${finer} <> 0`) > 0)
  )
    return integers + reals > 0
  const decimals = unit === 'milliseconds' ? 3 : unit.endsWith('microseconds') ? 0 : 6
  return reals - wholeReals > 0 && !haveDecimals(question, decimals)
}

/** Why the numbers are no times, and what they may be. */
function undecided({ column, census, declared, evidence }: Question, natural: string): Reason {
  const units = offeredUnits(column, census, evidence)
  if (units.length === 0 || evidence === null) {
    return differs(declared, 'holds numbers that no one unit of time explains', natural)
  }
  const readings = units.map((unit) => `${epochWords[unit]} (${beforeAndAfter(evidence, unit)})`)
  return {
    severity: 'warning',
    code: 'time-unit-unknown',
    message: `is declared ${declared.base} and holds numbers that may be ${readings.join(' or ')}, and nothing decides it; it stays a number (${natural})`,
    count: census.integers + census.reals,
    units,
  }
}

function shown(evidence: TimeEvidence | null, unit: EpochUnit): string {
  const example = evidence === null ? null : beforeAndAfter(evidence, unit)
  return example === null ? '' : ` (${example})`
}

/** Texts, with or without numbers among them. */
function chooseForTexts(question: Question): Choice {
  const { census, declared } = question
  const numbers = census.integers + census.reals
  if (declared.family === 'boolean' && isBooleanText(census)) return { type: 'boolean' }
  if ((declared.family === 'json' || declared.family === 'jsonb') && countOtherThanJson(question) === 0) {
    return { type: declared.family }
  }
  if (declared.family === 'decimal' && census.textForms.decimal === census.texts && census.infinities === 0) {
    return { type: 'numeric' }
  }
  if (numbers > 0) {
    const type = 'text'
    if (declared.family === 'text') return { type }
    return { type, reason: { ...mixed(census, type), ...strayTexts(question) } }
  }
  switch (declared.family) {
    case 'text':
      return chooseTextLength(question)
    case 'date':
    case 'timestamp':
      return chooseTextTime(question)
    case 'time':
      if (census.textForms.time === census.texts && census.maxCharacters <= 15) {
        const impossible = countImpossible(question)
        return impossible > 0 ? notTimes(question, impossible) : { type: 'time without time zone' }
      }
      if (timeTexts(census) === census.texts) return chooseTextTime(question)
      break
    case 'uuid':
    case 'bytes':
      if (isUniformUuid(census)) return { type: 'uuid' }
      break
    case 'none':
      return { type: 'text' }
    case 'integer':
    case 'double':
    case 'decimal':
    case 'boolean':
    case 'json':
    case 'jsonb':
      break
    default:
      declared.family satisfies never
  }
  return {
    type: 'text',
    reason: differs(
      declared,
      `holds ${texts(countUnfit(question) || census.texts)} that it doesn't describe`,
      'text',
    ),
  }
}

/** Texts that are not what is declared; 0 where they all are, and only their spellings differ. */
function countUnfit(question: Question): number {
  const { census, declared } = question
  switch (declared.family) {
    case 'json':
    case 'jsonb':
      return countOtherThanJson(question)
    case 'boolean':
    case 'decimal':
    case 'uuid':
      return census.texts - census.textForms[declared.family]
    default:
      return census.texts
  }
}

function isBooleanText(census: ColumnCensus): boolean {
  if (census.reals > 0 || (census.integers > 0 && !isBit(census))) return false
  return census.textForms.boolean === census.texts
}

/** All dashed or all bare: then the spelling can be written again from the value. */
function isUniformUuid({ textForms, texts, maxCharacters, totalBytes }: ColumnCensus): boolean {
  if (textForms.uuid !== texts) return false
  return (maxCharacters === 36 || maxCharacters === 32) && totalBytes === texts * maxCharacters
}

function chooseTextLength({ census, declared, sample }: Question): Choice {
  const type = textType(declared)
  const [length = 0] = declared.arguments
  const isFixed = /^n?char(acter)?$/.test(declared.base)
  if (isFixed && length === census.maxCharacters && isUniformUuid(census)) {
    // 32 hex digits may as well be a hash: only a sample with a version and a variant says that they are UUIDs.
    const usual = sample ?? census.values?.[0]?.value ?? ''
    if (length === 36 || /^[0-9a-f]{12}[1-8][0-9a-f]{3}[89ab][0-9a-f]{15}$/i.test(usual))
      return { type: 'uuid' }
  }
  if (type === null) return { type: 'text' }
  if (census.maxCharacters <= length) return { type }
  return {
    type: 'text',
    reason: {
      severity: 'warning',
      code: 'text-longer-than-declared',
      message: `is declared ${declared.base}(${length}) and holds texts of up to ${census.maxCharacters} characters; it becomes text`,
    },
  }
}

/** Texts of one kind of time; a mix of zoned and zone-less texts stays text, since one of them would have to be guessed. */
function chooseTextTime(question: Question): Choice {
  const { census, declared } = question
  const { texts: all, textForms } = census
  const zoned = textForms['zoned-instant']
  if (timeTexts(census) !== all) return notTimes(question, all - timeTexts(census))
  if (zoned > 0 && zoned < all) {
    return {
      type: 'text',
      reason: {
        severity: 'warning',
        code: 'zones-mixed',
        message: `is declared ${declared.base} and holds ${count(zoned, 'time')} with a zone and ${all - zoned} without; it becomes text`,
        count: all,
      },
    }
  }
  const impossible = countImpossible(question)
  if (impossible > 0) return notTimes(question, impossible, countZeroDates(question))
  const finer = countFiner(question)
  if (finer > 0) {
    return {
      type: 'text',
      reason: {
        severity: 'warning',
        code: 'time-finer-than-microseconds',
        message: `is declared ${declared.base} and holds ${count(finer, 'time')} with more than six digits after the second, which PostgreSQL would round; it becomes text`,
        count: finer,
      },
    }
  }
  if (zoned > 0) return { type: 'timestamp with time zone' }
  if (declared.family === 'date') {
    if (textForms.date === all) return { type: 'date' }
    const type = 'timestamp without time zone'
    return {
      type,
      reason: differs(declared, `holds ${count(all - textForms.date, 'date')} with a time`, type),
    }
  }
  return { type: 'timestamp without time zone' }
}

/** The census counts objects and arrays; `null`, as SQLAlchemy writes a missing one, and other scalars are JSON as well. */
function countOtherThanJson({ column, census, ask }: Question): number {
  const others = census.texts - census.textForms.json
  if (others === 0 || ask === null) return others
  const name = quoteSqlite(column.name)
  return ask(`typeof(${name}) = 'text' and not json_valid(${name})`)
}

/** Texts with a fraction that PostgreSQL's microseconds don't hold; where the values cannot be queried, all if the longest may be one. */
function countFiner({ column, census, ask, sample }: Question): number {
  // A date and a time with six digits have 26 characters.
  if (census.maxCharacters <= 26) return 0
  const sql = quoteSqlite(column.name)
  if (ask !== null) {
    const finer = [6, 7, 8].map((digits) => `${sql} glob '*[.,]${'[0-9]'.repeat(digits)}[1-9]*'`)
    return ask(`typeof(${sql}) = 'text' and (${finer.join(' or ')})`)
  }
  const usual = sample ?? census.values?.[0]?.value ?? ''
  const zone = /(?:Z| ?UTC|[+-]\d{2}(?::?\d{2})?)$/i.exec(usual)?.[0] ?? ''
  return census.maxCharacters > 26 + zone.length ? census.texts : 0
}

function countImpossible({ column, census, ask }: Question): number {
  if (ask === null || census.possibleTimes === census.texts) return 0
  return ask(impossibleTime(quoteSqlite(column.name)))
}

/** As MySQL and old programs write that there is no date. */
function countZeroDates({ column, ask }: Question): number {
  const sql = quoteSqlite(column.name)
  return ask === null ? 0 : ask(`typeof(${sql}) = 'text' and ${sql} glob '0000-00-00*'`)
}

/** `zeros`: how many of the others are zero dates; where all are, the type of the rest is offered, however many they are. */
function notTimes({ declared, census }: Question, others: number, zeros = 0): Choice {
  const times = timeTexts(census)
  const isMostly = others * 20 <= times || (zeros === others && zeros < times)
  const zoned = census.textForms['zoned-instant']
  const type =
    declared.family === 'date' && census.textForms.date === times ? 'date' : 'timestamp without time zone'
  const otherwise = zoned === 0 ? type : zoned === times ? 'timestamp with time zone' : null
  return {
    type: 'text',
    reason: {
      severity: 'warning',
      code: 'not-all-times',
      message: `is declared ${declared.base} and holds ${texts(others)} that ${others === 1 ? 'is' : 'are'} no time${zeros === 0 ? '' : `, ${zeros === others ? 'all' : zeros} of them zero dates (0000-00-00)`}; it becomes text`,
      count: others,
      ...(isMostly && otherwise !== null ? { otherwise } : {}),
    },
  }
}

/** Few texts among many numbers: the numbers' own type is offered, in which those rows go to quarantine. */
function strayTexts({ census, declared, options }: Question): Pick<Reason, 'otherwise'> {
  const { integers, reals, texts, textForms } = census
  const odd = texts - Math.max(textForms.whole, textForms.decimal)
  const isNumeric = ['integer', 'double', 'decimal', 'none'].includes(declared.family)
  if (!isNumeric || odd * 20 > integers + reals) return {}
  const natural = numberType(census, options)
  return { otherwise: natural === 'bigint' && textForms.decimal > textForms.whole ? 'numeric' : natural }
}

function mixed(census: ColumnCensus, type: string): Reason {
  const parts = [
    [census.integers, 'integer'],
    [census.reals, 'real'],
    [census.texts, 'text'],
    [census.blobs, 'blob'],
  ] as const
  const present = parts.filter(([number]) => number > 0).map(([number, noun]) => count(number, noun))
  const minority = Math.min(...parts.map(([number]) => number).filter((number) => number > 0))
  return {
    severity: 'warning',
    code: 'mixed-classes',
    message: `holds values of several kinds (${present.join(', ')}); it becomes ${type}, which holds them all`,
    count: minority,
  }
}

function differs(declared: DeclaredType, what: string, type: string): Reason {
  const spelled =
    declared.arguments.length > 0 ? `${declared.base}(${declared.arguments.join(',')})` : declared.base
  return {
    severity: 'warning',
    code: 'type-differs',
    message: `is declared ${spelled} and ${what}; it becomes ${type}`,
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function texts(number: number): string {
  return count(number, 'text')
}
