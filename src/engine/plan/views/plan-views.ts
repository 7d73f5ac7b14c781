/**
 * Views of the sources as views of the target. Invariant: a view that can't be translated is a finding with its text, and a view reads only
 * tables and columns that the plan moves whole.
 */
import type { Catalog } from '../../model/catalog.ts'
import type { Census } from '../../model/census.ts'
import type { Finding } from '../../model/finding.ts'
import { type Plan, type TablePlan, tableIdOf } from '../../model/plan.ts'
import type { TargetProbe } from '../../model/target-probe.ts'
import type { TargetView, ViewComparison } from '../../model/target-schema.ts'
import { parseView } from '../../sql/parse/parse-select.ts'
import { printSelect } from '../../sql/select/print-select.ts'
import { relationOf } from '../../sql/select/selected-columns.ts'
import type { Relation, SelectedColumn } from '../../sql/tree/relation.ts'
import { type Printed, Untranslatable } from '../../sql/tree/scope.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import { isSameName } from '../../syntax/sqlite-names.ts'
import { SqlSyntaxError } from '../../syntax/sqlite-tokens.ts'
import { NamePool, resolveNames, uniqueNames } from '../../syntax/target-names.ts'
import { withFindings } from '../base/findings.ts'
import { columnCensus, serverMajor } from '../base/planning.ts'
import { relationNames } from '../ddl/ddl.ts'
import { storageOf, tableRelation, wholeCopyOf } from './table-relation.ts'

type ViewSources = {
  readonly catalogs: readonly Catalog[]
  readonly censuses: readonly Census[]
  readonly probe: TargetProbe | null
}

type View = Catalog['views'][number]

/** Adds to the plan the views that can be translated; without `--views`, a notice for each. */
export function planViews(plan: Plan, sources: ViewSources): Plan {
  const findings: Finding[] = []
  const views: TargetView[] = []
  const pools = new Map<string, NamePool>()
  const claim = (schema: string, name: string): string => {
    const pool = pools.get(schema) ?? new NamePool(relationNames(plan.schema, schema))
    pools.set(schema, pool)
    const wanted = resolveNames([name], { identifiers: plan.options.identifiers, of: 'tables' }).get(name)!
    return pool.claim(wanted)
  }
  for (const catalog of sources.catalogs) {
    const { database } = catalog
    const { exclude } = plan.options
    const chosen = catalog.views.filter(
      ({ name }) => !exclude.includes(name) && !exclude.includes(tableIdOf(database, name)),
    )
    if (plan.options.views !== true) findings.push(...chosen.map((view) => notAsked(database, view)))
    else {
      const translation = new Translation(plan, sources, catalog, claim)
      // A view that others read is translated, and so created, before them.
      const ordered = chosen.toSorted((one, other) => (one.name < other.name ? -1 : 1))
      for (const view of ordered) findings.push(...translation.translateView(view))
      views.push(...translation.views)
    }
  }
  const schema = views.length === 0 ? plan.schema : { ...plan.schema, views }
  return withFindings({ ...plan, schema }, findings)
}

function notAsked(database: string, { name, sql }: View): Finding {
  return {
    severity: 'notice',
    code: 'view-not-moved',
    message: `The view ${JSON.stringify(name)} is not created.`,
    hint: "Use --views to have it translated, created, and its rows compared with SQLite's.",
    database,
    table: name,
    samples: [{ key: 'SQL', value: sql }],
  }
}

type Translated = { readonly relation: Relation; readonly tables: readonly string[]; readonly schema: string }

/** The views of one database, each translated once, those that others read first. */
class Translation {
  readonly views: TargetView[] = []
  readonly #plan: Plan
  readonly #sources: ViewSources
  readonly #catalog: Catalog
  readonly #claim: (schema: string, name: string) => string
  readonly #done = new Map<string, Translated | Error>()
  /** Target names of renamed views, by source name. */
  readonly #renamed = new Map<string, string>()

  constructor(
    plan: Plan,
    sources: ViewSources,
    catalog: Catalog,
    claim: (schema: string, name: string) => string,
  ) {
    this.#plan = plan
    this.#sources = sources
    this.#catalog = catalog
    this.#claim = claim
  }

  /** Translates the view and returns the findings about it. */
  translateView(view: View): Finding[] {
    const done = this.#translate(view)
    const renamed = this.#renamed.get(view.name)
    if (!(done instanceof Error))
      return [
        ...(renamed === undefined ? [] : [this.#renaming(view, renamed)]),
        ...this.#openOrder(view, done.relation),
      ]
    return [
      {
        severity: 'warning',
        code: 'view-not-translated',
        message: `The view ${JSON.stringify(view.name)} is not created: ${done.message}.`,
        hint: 'Rewrite it in PostgreSQL, by hand.',
        database: this.#catalog.database,
        table: view.name,
        samples: [{ key: 'SQL', value: view.sql }],
      },
    ]
  }

  #renaming(view: View, name: string): Finding {
    return {
      severity: 'notice',
      code: 'view-renamed',
      message: `The view ${JSON.stringify(view.name)} is created as ${JSON.stringify(name)}, since the target has its name already, or names are written otherwise there.`,
      database: this.#catalog.database,
      table: view.name,
    }
  }

  /** Returns a finding when texts of several rows may be joined in another order than SQLite's. */
  #openOrder(view: View, { columns }: Relation): Finding[] {
    const names = columns.flatMap(({ name, printed }) =>
      printed?.order === 'open' ? [JSON.stringify(name)] : [],
    )
    if (names.length === 0) return []
    return [
      {
        severity: 'notice',
        code: 'view-order-open',
        message: `The view ${JSON.stringify(view.name)} joins texts without an ORDER BY in ${names.join(', ')}: PostgreSQL may put them in another order than SQLite, and the comparison leaves them out.`,
        hint: "Where the order matters, give group_concat() an ORDER BY in the source: group_concat(x, ',' order by x).",
        database: this.#catalog.database,
        table: view.name,
      },
    ]
  }

  #translate(view: View): Translated | Error {
    const known = this.#done.get(view.name)
    if (known !== undefined) return known
    let done: Translated | Error
    try {
      done = this.#print(view)
    } catch (error) {
      if (!(error instanceof Untranslatable) && !(error instanceof SqlSyntaxError)) throw error
      done = error
    }
    this.#done.set(view.name, done)
    return done
  }

  #print(view: View): Translated {
    if (view.columns === null) throw new Untranslatable('SQLite cannot run it either')
    const { database } = this.#catalog
    const tables = new Set<string>()
    const schemas: string[] = []
    const relation = (name: string): Relation | undefined => {
      const found = this.#relation(name)
      if (found === undefined) return undefined
      for (const id of found.tables) tables.add(id)
      schemas.push(found.schema)
      return found.relation
    }
    const { sql: query, columns: results } = printSelect(parseView(view.sql), {
      relation,
      major: serverMajor(this.#sources.probe),
    })
    if (results.length !== view.columns.length)
      throw new Untranslatable('its columns are not those that SQLite says')
    const schema = schemas[0] ?? this.#ownSchema()
    const names = uniqueNames(view.columns, this.#plan.options.identifiers)
    const columns = names.map((name, index) => ({
      name,
      source: view.columns![index]!,
      comparison: comparisonOf(results[index]!),
    }))
    const target = { schema, view: this.#claim(schema, view.name) }
    if (target.view !== view.name) this.#renamed.set(view.name, target.view)
    this.views.push({ ...target, database, source: view.name, columns, query, tables: [...tables] })
    const own = relationOf(quoteTable({ schema, table: target.view }), results, view.columns)
    const named = own.columns.map((column, index) => ({ ...column, target: names[index]! }))
    return { relation: { ...own, columns: named }, tables: [...tables], schema }
  }

  /** Returns the schema for a view that reads no table: that of the tables of its database. */
  #ownSchema(): string {
    const copied = this.#plan.tables.flatMap(({ database, fate }) =>
      database === this.#catalog.database && fate.kind === 'copy' ? [fate.copy.target.schema] : [],
    )
    const [first] = copied
    if (first === undefined)
      throw new Untranslatable(
        'it reads no table, and no table of its database is moved, so that no schema is its own',
      )
    return first
  }

  #relation(name: string): Translated | undefined {
    const table = this.#plan.tables.find(
      (one) => one.database === this.#catalog.database && isSameName(one.table, name),
    )
    if (table !== undefined) return this.#tableRelation(table)
    const view = this.#catalog.views.find((one) => isSameName(one.name, name))
    if (view === undefined) return undefined
    const done = this.#translate(view)
    if (done instanceof Error)
      throw new Untranslatable(`it reads the view ${JSON.stringify(view.name)}, and there ${done.message}`)
    return done
  }

  #tableRelation(table: TablePlan): Translated {
    const { copy } = wholeCopyOf(this.#plan, table)
    const census = this.#sources.censuses
      .find((one) => one.database === table.database)
      ?.tables.find((one) => one.table === table.table)
    const relation = tableRelation(this.#plan, copy, (name, type) =>
      storageOf(type, census === undefined ? null : columnCensus(census, name)),
    )
    return { relation, tables: [table.id], schema: copy.target.schema }
  }
}

function comparisonOf({ column, printed }: SelectedColumn): ViewComparison {
  return column === null ? comparisonOfValue(printed!) : { kind: 'values', conversion: column.conversion }
}

function comparisonOfValue({ kind, roundedTo = 0, order }: Printed): ViewComparison {
  switch (kind) {
    case 'integer':
      return { kind: 'values', conversion: { kind: 'integer', bytes: 8, form: 'integer' } }
    case 'text':
      if (order !== undefined) return { kind: 'none' }
      return { kind: 'values', conversion: { kind: 'text', maxCharacters: null } }
    case 'boolean':
      return { kind: 'values', conversion: { kind: 'boolean', form: 'integer' } }
    case 'bytea':
      return { kind: 'values', conversion: { kind: 'bytes' } }
    case 'null':
      return { kind: 'values', conversion: { kind: 'text', maxCharacters: null } }
    case 'double':
    case 'numeric':
      return { kind: 'sum', unit: roundedTo }
    default:
      return { kind: 'none' }
  }
}
