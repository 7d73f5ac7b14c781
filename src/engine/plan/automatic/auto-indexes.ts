import type { CatalogIndex } from '../../model/catalog.ts'
import {
  type LongIndexFate,
  plainPart,
  type TargetIndex,
  type TargetIndexPart,
} from '../../model/target-schema.ts'
import { parseIndex, type SqlPart } from '../../sql/parse/parse-statement.ts'
import { printCondition, printExpression } from '../../sql/print/print-postgres.ts'
import { type Scope, Untranslatable } from '../../sql/tree/scope.ts'
import { namesIn } from '../../sql/tree/walk.ts'
import { type DraftColumn, draftColumnOf, type TableDraft } from './auto-draft.ts'
import { scopeOf, translate } from './auto-expressions.ts'
import { columnsOf, foldedPart, isTextual } from './auto-keys.ts'
import {
  type EntryPart,
  type EntrySizes,
  entrySizes,
  hashedPart,
  hashOf,
  longestEntry,
  longIndexFinding,
} from './index-entries.ts'
import { countRepeats } from './key-repeats.ts'

/**
 * Indexes made by `create index`. Invariant: a unique index never becomes unique over more rows or under another equality than it
 * was; when it would, it is left out with a finding.
 */
export function planIndexes(draft: TableDraft): {
  readonly indexes: readonly TargetIndex[]
  readonly long: readonly LongIndexFate[]
} {
  const long: LongIndexFate[] = []
  const indexes = draft.source.indexes.flatMap((index) => {
    if (index.origin !== 'create') return []
    const what = {
      code: 'index-not-translated',
      noun: `the index ${JSON.stringify(index.name)}`,
      sql: index.sql ?? '',
    }
    const planned = translate(draft, what, () => planIndex(draft, index))
    if (planned === null) return []
    const entries = entriesOf(draft, index)
    const isLong = entries.bytes > longestEntry
    if (isLong && !planned.unique) {
      const left = { name: index.name, kind: 'index', ...entries, fate: 'left-out' } as const
      long.push(left)
      draft.report(longIndexFinding(draft, left, [], index.sql))
      return []
    }
    const isUnique = planned.unique && !repeatsInTarget(draft, index)
    const name = draft.relations.claim(index.name)
    if (name !== index.name) report(draft, index, `the name ${JSON.stringify(name)}`, 'renamed')
    if (!isLong) return [{ ...planned, unique: isUnique, name }]
    const fate = { name, kind: 'index', ...entries, fate: isUnique ? 'hashed' : 'left-out' } as const
    long.push(fate)
    draft.report(longIndexFinding(draft, fate, [], index.sql))
    return isUnique ? [{ ...planned, parts: planned.parts.map((part) => hashed(draft, part)), name }] : []
  })
  return { indexes, long }
}

/** Returns the sizes of the index's entries, by the columns and expressions of its statement. */
function entriesOf(draft: TableDraft, index: CatalogIndex): EntrySizes {
  const statement = index.sql === null ? null : parseIndex(index.sql)
  const parts = index.columns.flatMap(({ name }, at): EntryPart[] => {
    const column = name === null ? undefined : draftColumnOf(draft, name)
    const sql = statement?.parts[at]?.sql
    return column !== undefined ? [{ column }] : sql === undefined ? [] : [{ sql }]
  })
  return entrySizes(draft, parts, index.partial ? (statement?.where?.sql ?? null) : null)
}

function hashed(draft: TableDraft, part: TargetIndexPart): TargetIndexPart {
  const [name] = 'column' in part ? [part.column] : part.columns
  const column = draft.columns.find(({ target }) => target === name)
  if ('column' in part || (column !== undefined && part.columns.length === 1))
    return column === undefined ? part : hashedPart(column, part)
  return hashOf(`(${part.expression})::text`, part.columns, part.descending)
}

/** Whether values that are distinct in SQLite become equal in the target's types, which is reported. */
function repeatsInTarget(draft: TableDraft, index: CatalogIndex): boolean {
  const columns = columnsOf(
    draft,
    index.columns.flatMap(({ name }) => name ?? []),
  )
  const repeats = countRepeats(draft, columns)
  if (repeats === 0) return false
  report(draft, index, `no uniqueness, since ${repeats} of its values become equal to others`, 'key-repeats')
  return true
}

function planIndex(draft: TableDraft, index: CatalogIndex): Omit<TargetIndex, 'name'> {
  if (index.columns.length > 32) throw new Untranslatable('PostgreSQL takes 32 columns in an index')
  const statement = index.sql === null ? null : parseIndex(index.sql)
  const parts = index.columns.map((column, at): TargetIndexPart => {
    const { name, descending, collation } = column
    const named = name === null ? undefined : draftColumnOf(draft, name)
    if (named !== undefined) return partOfColumn(draft, index, named, collation, descending)
    // Not for a unique index: lower(column), as queries write it, has another equality beyond ASCII.
    const scope = scopeOf(draft, index.unique ? 'predicate' : 'index')
    return partOfExpression(scope, statement?.parts[at], descending, (choice) => report(draft, index, choice))
  })
  return {
    unique: index.unique,
    parts,
    where: planPredicate(draft, index, statement?.where ?? null),
  }
}

function partOfColumn(
  draft: TableDraft,
  index: CatalogIndex,
  column: DraftColumn,
  collation: string,
  descending: boolean,
): TargetIndexPart {
  if (column.type === 'json') throw new Untranslatable('PostgreSQL has no order of json')
  const folded = foldedPart(column, collation, index.unique, descending)
  if (folded !== null) {
    report(draft, index, `${'expression' in folded ? folded.expression : ''}, for the collation ${collation}`)
    return folded
  }
  if (isTextual(column.type) && !['BINARY', 'NOCASE', 'RTRIM'].includes(collation)) {
    if (index.unique) throw new Untranslatable(`the collation ${collation} is the application's own`)
    report(draft, index, `${JSON.stringify(column.target)} without the collation ${collation}`)
  }
  return plainPart(column.target, descending)
}

function partOfExpression(
  scope: Scope,
  part: SqlPart | undefined,
  descending: boolean,
  onChanged: (choice: string) => void,
): TargetIndexPart {
  if (part?.expression === undefined || part.expression === null) {
    throw new Untranslatable('its expression cannot be read')
  }
  const { sql, kind, isWide } = printExpression(part.expression, scope)
  if (isWide) onChanged(`${sql}, since the result may be beyond 64 bits`)
  if (kind === 'json' || kind === 'null') throw new Untranslatable(`an index on a value of type ${kind}`)
  const columns = new Set(namesIn(part.expression).flatMap((name) => scope.column(name, null)?.target ?? []))
  return { expression: sql, columns: [...columns], descending, collation: null }
}

/** A non-unique index whose condition can't be translated is created without it, which makes it larger but not wrong. */
function planPredicate(draft: TableDraft, index: CatalogIndex, where: SqlPart | null): string | null {
  if (!index.partial) return null
  try {
    if (where?.expression === undefined || where.expression === null) {
      throw new Untranslatable('its condition cannot be read')
    }
    const condition = printCondition(where.expression, scopeOf(draft, 'predicate'))
    return condition === 'true' ? null : condition
  } catch (error) {
    if (index.unique || !(error instanceof Untranslatable)) throw error
    report(draft, index, `all rows, without its condition (${error.message})`)
    return null
  }
}

function report(draft: TableDraft, index: CatalogIndex, choice: string, code = 'index-changed'): void {
  draft.report({
    severity: 'notice',
    code,
    message: `In ${JSON.stringify(draft.source.name)}, the index ${JSON.stringify(index.name)} ${code === 'renamed' ? 'is made under' : 'is made on'} ${choice}.`,
    ...(index.sql === null ? {} : { samples: [{ key: 'SQL', value: index.sql }] }),
  })
}
