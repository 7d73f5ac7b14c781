/** Groups equal statements, with all places in which they occur. Invariant: logged statements that differ only in values are one class. */
import { hash } from 'node:crypto'
import type { Origin, StatementKind } from '../../model/queries.ts'
import { normalizedSql, valuelessSql } from '../statement/statement-text.ts'
import type { Recognised } from './recognise.ts'

export type StatementClass = {
  /** A hash of the normalized SQL and the database. */
  readonly id: string
  /** The first statement of the class, unchanged. */
  readonly sql: string
  readonly kind: StatementKind
  readonly database: string | null
  readonly refusal: string | null
  readonly dynamic: Recognised['dynamic']
  readonly origins: readonly Origin[]
  /** From logs: lists of parameters, and statements that contain their values. */
  readonly logged: {
    readonly parameters: readonly NonNullable<Recognised['parameters']>[]
    readonly variants: readonly string[]
  }
}

const MOST_VARIANTS = 20

/** Returns the classes in the order in which their first statements were found. */
export function classesOf(statements: readonly Recognised[]): StatementClass[] {
  const groups = Map.groupBy(statements, (statement) => {
    const text = statement.isLogged ? valuelessSql(statement.sql) : normalizedSql(statement.sql)
    return `${statement.database ?? ''}${statement.dynamic === null ? '' : ' dynamic'}\n${text}`
  })
  return [...groups].map(([key, group]) => {
    const [first] = group as [Recognised, ...Recognised[]]
    const origins = new Map(group.map(({ file, line }) => [`${file}:${line}`, { file, line }]))
    const parameters = group.flatMap((one) => (one.parameters == null ? [] : [one.parameters]))
    const variants = first.isLogged ? [...new Set(group.map(({ sql }) => sql))] : [first.sql]
    return {
      id: hash('sha256', key).slice(0, 12),
      sql: first.sql,
      kind: first.kind,
      database: first.database,
      refusal: first.refusal,
      dynamic: first.dynamic,
      origins: [...origins.values()],
      logged: { parameters: parameters.slice(0, MOST_VARIANTS), variants: variants.slice(0, MOST_VARIANTS) },
    }
  })
}
