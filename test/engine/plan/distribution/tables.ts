import type {
  TargetColumn,
  TargetForeignKey,
  TargetTable,
} from '../../../../src/engine/model/target-schema.ts'

type Words = {
  /** Column to type; `not null` after it. */
  readonly columns: Readonly<Record<string, string>>
  readonly key?: readonly string[]
  readonly uniques?: readonly (readonly string[])[]
  /** `columns → table(columns)`, then an action. */
  readonly references?: readonly string[]
  readonly isPartitioned?: boolean
} & Partial<Omit<TargetTable, 'columns' | 'uniques'>>

/** A table of the schema `app`, from few words. */
export function tableOf(table: string, words: Words): TargetTable {
  const { columns, key, uniques = [], references = [], isPartitioned = false, ...more } = words
  return {
    schema: 'app',
    table,
    columns: Object.entries(columns).map(([name, type]) => columnOf(name, type)),
    primaryKey: key === undefined ? null : { name: `${table}_pkey`, columns: key },
    uniques: uniques.map((list) => ({ name: `${table}_${list.join('_')}_key`, columns: list })),
    checks: [],
    foreignKeys: references.map((text) => referenceOf(table, text)),
    indexes: [],
    partitioning: isPartitioned
      ? { kind: 'months', column: 'at', months: [], defaultName: `${table}_default` }
      : null,
    comment: null,
    existing: false,
    ...more,
  }
}

function columnOf(name: string, words: string): TargetColumn {
  const type = words.replace(' not null', '').replace(' identity', '')
  return {
    name,
    type,
    nullable: type === words,
    default: null,
    sequence: words.endsWith(' identity') ? 'identity' : null,
    generated: null,
    origin: 'planned',
    comment: null,
  }
}

function referenceOf(table: string, text: string): TargetForeignKey {
  const [, columns = '', parent = '', parents = '', action] =
    /^(\S+) → (\w+)\((\S+)\)(?: on (.+))?$/.exec(text) ?? []
  const [event, ...rest] = action?.split(' ') ?? []
  return {
    name: `${table}_${columns.replaceAll(',', '_')}_fkey`,
    columns: columns.split(','),
    references: { schema: 'app', table: parent, columns: parents.split(',') },
    onDelete: event === 'delete' ? rest.join(' ') : null,
    onUpdate: event === 'update' ? rest.join(' ') : null,
    deferrable: false,
    validated: true,
  }
}
