import { rowidColumnOf } from '../../model/catalog.ts'
import type { ReferencePlan } from '../../model/plan.ts'
import type { TargetForeignKey, TargetTable } from '../../model/target-schema.ts'
import { areWithinParents, missingParentSql } from '../../source/staging/missing-parent.ts'
import { isSameName, quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { FoundInTable } from '../base/findings.ts'
import { areComparable, missingColumns, type Pair, pairsOf, parentOf } from './agree-types.ts'
import { constraintName, type SnapshotQuery, sumOfCounts, type TableDraft } from './auto-draft.ts'
import { isTextual, type Keys } from './auto-keys.ts'

/**
 * Foreign keys. Invariant: both sides of a foreign key have types that PostgreSQL can compare, and none is left out without a finding.
 */

export type References = {
  readonly foreignKeys: readonly TargetForeignKey[]
  readonly references: readonly ReferencePlan[]
}

/** `targets`: the tables' keys as planned so far; `elsewhere`: tables that another mapping plans. */
export function planReferences(
  draft: TableDraft,
  drafts: readonly TableDraft[],
  targets: ReadonlyMap<TableDraft, Keys>,
  elsewhere: readonly string[],
): References {
  const { options, query, report } = draft
  const foreignKeys: TargetForeignKey[] = []
  const references: ReferencePlan[] = []
  const seen = new Set<string>()
  for (const key of draft.source.foreignKeys) {
    const refuse = (code: string, reason: string) =>
      report({
        severity: 'warning',
        code,
        message: `The foreign key of ${JSON.stringify(draft.source.name)} (${key.columns.join(', ')}) to ${JSON.stringify(key.table)} is not created: ${reason}.`,
      })
    const parent = parentOf(key, drafts)
    if (parent === undefined) {
      const isElsewhere = elsewhere.some((name) => isSameName(name, key.table))
      refuse(
        'reference-without-table',
        isElsewhere
          ? 'the plan moves that table with keys of its own'
          : options.exclude.some((name) => isSameName(name, key.table))
            ? 'that table is left out'
            : `${draft.database} has no table of that name that is moved`,
      )
      continue
    }
    const pairs = pairsOf(draft, key, drafts)
    if (pairs === null) {
      refuse('reference-without-column', missingColumns(draft, key, parent))
      continue
    }
    const differing = pairs.find(({ child, parent: named }) => !areComparable(child.type, named.type))
    if (differing !== undefined) {
      refuse(
        'reference-types-differ',
        `${JSON.stringify(differing.child.source.name)} is ${differing.child.type} and ${JSON.stringify(differing.parent.source.name)} is ${differing.parent.type}`,
      )
      continue
    }
    const parentTargets = pairs.map(({ parent: named }) => named.target)
    if (!isUnique(parentTargets, targets.get(parent))) {
      const hashed = targets.get(parent)?.longIndexes.find(({ fate }) => fate === 'hashed')
      refuse(
        'reference-not-unique',
        `${parentTargets.join(', ')} of that table is not unique in the target${hashed === undefined ? '' : `, where ${hashed.name} keeps its values unique by a hash`}`,
      )
      continue
    }
    const generated = pairs.find(({ child }) => child.generated !== null)
    if (generated !== undefined && !/^(no action|restrict)$/i.test(`${key.onUpdate}`)) {
      refuse('reference-of-generated', 'PostgreSQL takes no such action on a generated column')
      continue
    }
    const columns = pairs.map(({ child }) => child.target)
    const identity = JSON.stringify([
      columns,
      parent.target,
      parentTargets,
      key.onDelete,
      key.onUpdate,
      key.deferred,
    ])
    if (seen.has(identity)) continue
    seen.add(identity)
    const isFolded = pairs.some(
      ({ child, parent: named }) =>
        isTextual(named.type) && (child.source.collation !== 'BINARY' || named.source.collation !== 'BINARY'),
    )
    const orphans = query === null ? null : findOrphans(draft, parent, pairs, query)
    if (orphans !== null) report(orphans)
    foreignKeys.push({
      name: draft.constraintNames.claim(
        constraintName(draft, 'foreign-key', key.columns) ?? `${draft.target}_${columns.join('_')}_fkey`,
      ),
      columns,
      references: { schema: parent.schema, table: parent.target, columns: parentTargets },
      onDelete: actionOf(key.onDelete),
      onUpdate: actionOf(key.onUpdate),
      deferrable: key.deferred,
      validated: orphans === null ? query !== null || !isFolded : options.orphans === 'quarantine',
    })
    references.push({
      columns: pairs.map(({ child }) => child.source.name),
      parent: {
        tableId: parent.id,
        database: parent.database,
        table: parent.source.name,
        columns: pairs.map(({ parent: named }) => named.source.name),
      },
      onOrphan: options.orphans === 'quarantine' ? 'reject-row' : 'keep-value',
      target: columns[0]!,
      originalIn: null,
    })
  }
  return { foreignKeys, references }
}

/** Returns a finding about rows without a parent row under PostgreSQL's comparison, which is exact; null when there are none. */
function findOrphans(
  draft: TableDraft,
  parent: TableDraft,
  pairs: readonly Pair[],
  query: SnapshotQuery,
): FoundInTable | null {
  const { orphans } = draft.options
  if (areProven(draft, parent, pairs, query)) return null
  const missing = missingParentSql(
    { table: draft.source.name, columns: pairs.map((pair) => pair.child.source.name) },
    { table: parent.source.name, columns: pairs.map((pair) => pair.parent.source.name) },
    draft.rows,
  )
  if (sumOfCounts(query(missing)) === 0) return null
  const child = pairs.map((pair) => `c.${quoteSqlite(pair.child.source.name)}`)
  const named = pairs.map((pair) => `p.${quoteSqlite(pair.parent.source.name)} collate binary`)
  const from = `from ${quoteSqlite(draft.source.name)} as c
    where ${child.map((name) => `typeof(${name}) <> 'null'`).join(' and ')}
      and not exists (
        select 1 from ${quoteSqlite(parent.source.name)} as p
        where ${named.map((name, index) => `${name} = ${child[index]!}`).join(' and ')})`
  const count = sumOfCounts(query(`select count(*) ${from}`))
  if (count === 0) return null
  const rows = query(
    `select ${child.map((name) => `substr(cast(${name} as text), 1, 80)`).join(', ')} ${from} limit 5`,
  )
    .flat()
    .slice(0, 5)
  const fate = {
    keep: 'the rows are kept and the constraint is created not valid, so that it holds for new rows',
    quarantine: 'the rows go to quarantine',
    fail: 'you asked to stop at such rows',
  }[orphans]
  const columns = pairs.map((pair) => pair.child.source.name).join(', ')
  return {
    severity: orphans === 'fail' ? 'error' : 'warning',
    code: 'orphans',
    message: `In ${JSON.stringify(draft.source.name)}, ${count} row${count === 1 ? ' refers' : 's refer'} to no row of ${JSON.stringify(parent.source.name)} by ${columns}; ${fate}.`,
    count,
    samples: rows.map((row) => ({ key: columns, value: row.join(', ') })),
  }
}

/** By the census, which counts the values of several databases together when their tables are merged. */
function areProven(
  draft: TableDraft,
  parent: TableDraft,
  pairs: readonly Pair[],
  query: SnapshotQuery,
): boolean {
  const [pair] = pairs
  const isRowid = pair !== undefined && rowidColumnOf(parent.source) === pair.parent.source.name
  if (!isRowid || pairs.length > 1 || draft.database !== parent.database) return false
  return areWithinParents(pair.child.census, pair.parent.census) && query('select 1').length === 1
}

function actionOf(action: string): string | null {
  const written = action.toLowerCase()
  return written === 'no action' || written === '' || written === 'none' ? null : written
}

/** PostgreSQL requires a constraint, or a unique index without a condition, on exactly the referenced columns, in any order. */
function isUnique(
  columns: readonly string[],
  target: Pick<TargetTable, 'primaryKey' | 'uniques' | 'indexes'> | undefined,
): boolean {
  if (target === undefined) return false
  const isThese = (names: readonly string[]) =>
    names.length === columns.length && columns.every((name) => names.includes(name))
  if (target.primaryKey !== null && isThese(target.primaryKey.columns)) return true
  if (target.uniques.some((unique) => isThese(unique.columns))) return true
  return target.indexes.some(
    ({ unique, where: condition, parts }) =>
      unique &&
      condition === null &&
      parts.every((part) => 'column' in part && part.collation === null) &&
      isThese(parts.flatMap((part) => ('column' in part ? [part.column] : []))),
  )
}
