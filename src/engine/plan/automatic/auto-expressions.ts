import { MigrateError } from '../../model/errors.ts'
import type { TargetTable } from '../../model/target-schema.ts'
import type { SqlPart } from '../../sql/parse/parse-statement.ts'
import { printDefault } from '../../sql/print/print-default.ts'
import { printCondition, printExpression } from '../../sql/print/print-postgres.ts'
import type { Expression } from '../../sql/tree/expression.ts'
import { type Kind, kindOfType, type Scope, Untranslatable } from '../../sql/tree/scope.ts'
import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { isSameName } from '../../syntax/sqlite-names.ts'
import { SqlSyntaxError } from '../../syntax/sqlite-tokens.ts'
import type { FoundInTable } from '../base/findings.ts'
import { countRows, draftColumnOf, type TableDraft } from './auto-draft.ts'

/**
 * Defaults, checks and generated columns of a table. Invariant: what can't be translated is left out with a finding that holds its
 * text, and a generated column that is left out keeps its values as an ordinary column.
 */

export function scopeOf(draft: Pick<TableDraft, 'columns' | 'major'>, purpose: Scope['purpose']): Scope {
  return {
    purpose,
    major: draft.major,
    column: (name) => {
      const column = draftColumnOf(draft, name)
      if (column === undefined) return undefined
      const { source, census, target, type, conversion, generated } = column
      const classes = [census.integers + census.reals, census.texts, census.blobs].filter(
        (count) => count > 0,
      )
      return {
        target,
        type,
        conversion,
        affinity: source.affinity,
        collation: source.collation,
        isMixed: classes.length > 1,
        isText: census.texts > 0,
        isGenerated: generated !== null,
      }
    },
  }
}

/** Returns the result of `print`; null, with a finding, when the SQL cannot be translated. */
export function translate<T>(
  draft: TableDraft,
  what: { readonly code: string; readonly noun: string; readonly sql: string; readonly column?: string },
  print: () => T,
): T | null {
  try {
    return print()
  } catch (error) {
    if (!(error instanceof Untranslatable) && !(error instanceof SqlSyntaxError)) throw error
    draft.report({
      severity: 'warning',
      code: what.code,
      message: `In ${JSON.stringify(draft.source.name)}, ${what.noun} is not carried over: ${error.message}.`,
      ...(what.column === undefined ? {} : { column: what.column }),
      samples: [{ key: 'SQL', value: what.sql }],
    })
    return null
  }
}

function parsed(part: SqlPart): Expression {
  if (part.expression === null)
    throw new SqlSyntaxError('it holds something that PostgreSQL does not accept there')
  return part.expression
}

export function planDefaults(draft: TableDraft): void {
  for (const column of draft.columns) {
    const { source } = column
    const sql = source.default
    if (sql === null || column.isIdentity || source.generated !== null) continue
    const what = {
      code: 'default-not-translated',
      noun: `the default of column ${JSON.stringify(source.name)}`,
      sql,
      column: source.name,
    }
    column.default = translate(draft, what, () =>
      printDefault(sql, { type: column.type, conversion: column.conversion, affinity: source.affinity }),
    )
  }
}

export function planGenerated(draft: TableDraft): void {
  for (const column of draft.columns) {
    if (column.source.generated === null) continue
    const part = draft.statement?.columns.find(({ name }) => isSameName(name, column.source.name))?.generated
    const what = {
      code: 'generated-as-values',
      noun: `the expression of the generated column ${JSON.stringify(column.source.name)} (its values are)`,
      sql: part?.sql ?? '',
      column: column.source.name,
    }
    column.generated = translate(draft, what, () => {
      const scope = scopeOf(draft, 'generated')
      const printed = printExpression(parsed(part ?? { sql: '', expression: null }), {
        ...scope,
        // A generated column may not reference another one, whether planned before or after it.
        column: (name) => {
          const named = scope.column(name, null)
          const source = draftColumnOf(draft, name)?.source
          return named === undefined
            ? undefined
            : { ...named, isGenerated: (source?.generated ?? null) !== null }
        },
      })
      const wanted = kindOfType(column.type)
      const { kind } = printed
      const exact: readonly string[] = ['integer', 'double', 'text', 'boolean']
      const stored = wanted === null ? null : storedAs(printed, wanted, column.type)
      if (stored === null && (kind !== wanted || !exact.includes(kind))) {
        throw new Untranslatable(`its values are ${column.type}, the expression gives ${kind}`)
      }
      return stored ?? printed.sql
    })
  }
}

/**
 * Returns SQL that stores a 64-bit integer or a boolean (0 or 1 in SQLite) in a column of another number type or of text, as SQLite's
 * affinity does; null for anything else.
 */
function storedAs(
  { sql, kind, isWide }: { readonly sql: string; readonly kind: Kind; readonly isWide: boolean },
  wanted: Kind,
  type: string,
): string | null {
  const isStored = wanted === 'integer' || wanted === 'double' || wanted === 'numeric' || wanted === 'text'
  const isWhole = kind === 'boolean' || (kind === 'integer' && !isWide)
  if (!isWhole || kind === wanted || !isStored) return null
  const number = kind === 'boolean' ? `(${sql})::integer` : `(${sql})`
  if (type === 'integer') return number
  return `${number}::${wanted === 'text' ? 'text' : type}`
}

/** Returns the checks that can be translated, without those that the target's types already ensure. */
export function planChecks(draft: TableDraft): TargetTable['checks'] {
  const checks: TargetTable['checks'][number][] = []
  const scope = scopeOf(draft, 'check')
  for (const check of draft.statement?.checks ?? []) {
    if (check.expression !== null && isEnsured(check.expression, scope)) continue
    const what = { code: 'check-not-translated', noun: 'a check', sql: check.sql }
    const expression = translate(draft, what, () => printCondition(parsed(check), scope))
    if (expression === null || expression === 'true') continue
    const subject = check.column === null ? undefined : draftColumnOf(draft, check.column)
    const wanted = check.name ?? [draft.target, subject?.target, 'check'].filter(Boolean).join('_')
    const name = draft.constraintNames.claim(wanted)
    const brokenBy = countBreaking(draft, check.sql)
    checks.push({ name, expression, ...(brokenBy === 0 ? {} : { brokenBy }) })
    if (brokenBy > 0) draft.report(brokenCheck(draft, name, check.sql, brokenBy))
  }
  return checks
}

/** Returns the number of rows for which the check is false; 0 when SQLite can't evaluate it, for lack of an application's function. */
function countBreaking({ query, rows, source }: TableDraft, sql: string): number {
  if (query === null || rows === 0) return 0
  try {
    return countRows(query, source.name, `not (${sql}\n)`)
  } catch (error) {
    if (error instanceof MigrateError) throw error
    return 0
  }
}

function brokenCheck(draft: TableDraft, name: string, sql: string, rows: number): FoundInTable {
  return {
    severity: 'warning',
    code: 'check-broken',
    message: `In ${JSON.stringify(draft.source.name)}, ${rows === 1 ? '1 row breaks' : `${rows} rows break`} the check ${JSON.stringify(name)}; the rows are kept, and the check is created not valid: it holds for new rows.`,
    hint: `When the rows are right: alter table … validate constraint ${quoteIdentifier(name)}`,
    count: rows,
    samples: [{ key: 'SQL', value: sql }],
  }
}

/** Whether a check is `json_valid` of a json column, which holds JSON or null: a check accepts both. */
function isEnsured(expression: Expression, scope: Scope): boolean {
  if (expression.kind === 'binary' && expression.operator === 'or') {
    return isEnsured(expression.left, scope) || isEnsured(expression.right, scope)
  }
  const [argument] =
    expression.kind === 'call' && expression.name === 'json_valid' ? expression.arguments : []
  return argument?.kind === 'name' && /^jsonb?$/.test(scope.column(argument.name, null)?.type ?? '')
}
