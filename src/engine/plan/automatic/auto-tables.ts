/** Turns the drafts of the automatic plan into target tables and copy plans. */
import type { Catalog } from '../../model/catalog.ts'
import type { Finding } from '../../model/finding.ts'
import { type ColumnPlan, type CopyPlan, wholeCopy } from '../../model/plan.ts'
import { plainColumn, type TargetTable } from '../../model/target-schema.ts'
import { identityOf } from '../base/row-identity.ts'
import type { DraftColumn, TableDraft } from './auto-draft.ts'
import type { Keys } from './auto-keys.ts'
import type { References } from './auto-references.ts'

export function targetTableOf(
  draft: TableDraft,
  parts: Keys & Pick<TargetTable, 'checks' | 'foreignKeys'>,
): TargetTable {
  const columns = draft.columns.map(
    ({ target, type, nullable, default: value, generated, isIdentity, sequenceName, comment }) =>
      plainColumn(target, type, {
        nullable,
        default: value,
        sequence: isIdentity ? 'identity' : null,
        ...(sequenceName === null ? {} : { sequenceName }),
        generated,
        comment,
      }),
  )
  if (draft.rowidColumn !== null) {
    const own = { nullable: false, sequence: 'identity', origin: 'added' } as const
    columns.unshift(plainColumn(draft.rowidColumn, 'bigint', { ...own, comment: 'the rowid in SQLite' }))
  }
  if (columns.length > mostColumns) {
    draft.report({
      severity: 'error',
      code: 'too-many-columns',
      message: `${JSON.stringify(draft.source.name)} has ${columns.length} columns; PostgreSQL takes ${mostColumns}.`,
      hint: `Leave the table out with --exclude ${JSON.stringify(draft.source.name)}, or write a mapping file that gathers columns into one.`,
      count: columns.length,
    })
  }
  return {
    schema: draft.schema,
    table: draft.target,
    columns,
    primaryKey: parts.primaryKey,
    uniques: parts.uniques,
    checks: parts.checks,
    foreignKeys: parts.foreignKeys,
    indexes: parts.indexes,
    ...(parts.longIndexes.length === 0 ? {} : { longIndexes: parts.longIndexes }),
    partitioning: null,
    comment: null,
    existing: false,
  }
}

export function copyPlanOf(draft: TableDraft, target: TargetTable, { references }: References): CopyPlan {
  const whole = wholeCopy(draft.source, target)
  const planColumn = (column: DraftColumn): ColumnPlan => ({
    target: column.target,
    from: { kind: 'column', column: column.source.name, conversion: column.conversion },
  })
  const copied = draft.columns.filter(({ generated }) => generated === null)
  const columns = copied.map(planColumn)
  const computed = draft.columns.filter(({ generated }) => generated !== null).map(planColumn)
  const tested = references.flatMap((reference) =>
    reference.onOrphan === 'keep-value' ? [] : reference.columns,
  )
  if (draft.rowidColumn !== null) {
    const conversion = { kind: 'integer', bytes: 8, form: 'integer' } as const
    columns.unshift({ target: draft.rowidColumn, from: { kind: 'rowid', conversion } })
  }
  return {
    ...whole,
    read: {
      ...whole.read,
      columns: draft.columns
        .filter(({ generated, source: { name } }) => generated === null || tested.includes(name))
        .map((column) => column.source.name),
    },
    columns,
    ...(computed.length === 0 ? {} : { computed }),
    references,
    identity: identityOf(draft.source, target, [...columns, ...computed]),
  }
}

/** Triggers are not moved: returns a finding with the SQL of each. */
export function listTriggers({ database, triggers }: Catalog): Finding[] {
  return triggers.map(
    ({ name, table, sql }): Finding => ({
      severity: 'notice',
      code: 'trigger-not-moved',
      message: `The trigger ${JSON.stringify(name)} on ${JSON.stringify(table)} is not created.`,
      database,
      table,
      samples: [{ key: 'SQL', value: sql }],
    }),
  )
}

/** PostgreSQL's limit (manual, appendix K). */
export const mostColumns = 1600
