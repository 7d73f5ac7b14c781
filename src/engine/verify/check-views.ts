/**
 * Whether the views that the run created exist as planned and can be queried. Invariant: a view that the run did not create, because it could
 * not be proved, is not checked.
 */
import { readRun } from '../journal/journal.ts'
import type { Plan } from '../model/plan.ts'
import type { VerifyCheck } from '../model/report.ts'
import type { TargetView } from '../model/target-schema.ts'
import { writeView } from '../plan/ddl/ddl.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { attemptCheck, type Complaints, inRolledBack } from './attempt-check.ts'

export async function checkViews(
  connection: Connection,
  { run, plan }: { readonly run: string; readonly plan: Plan },
): Promise<VerifyCheck[]> {
  const { views = [] } = plan.schema
  if (views.length === 0) return []
  const created = (await readRun(connection, run))?.created ?? []
  const checks: VerifyCheck[] = []
  for (const view of views) {
    const isOurs = created.some(
      ({ kind, schema, name }) => kind === 'view' && schema === view.schema && name === view.view,
    )
    if (!isOurs) continue
    const name = `view ${view.schema}.${view.view}`
    checks.push(
      await attemptCheck(connection, name, 'It is as planned.', () => compareDefinitions(connection, view)),
    )
  }
  return checks
}

async function compareDefinitions(connection: Connection, view: TargetView): Promise<Complaints> {
  const actual = await readDefinition(connection, { schema: view.schema, table: view.view })
  if (actual === null) return ['The view is missing.']
  const twin = { ...view, schema: 'pg_temp' }
  const planned = await inRolledBack(connection, async () => {
    await connection.execute(writeView(twin).sql)
    return readDefinition(connection, { schema: 'pg_temp', table: view.view })
  })
  if (actual !== planned) return ['It is not the planned one.']
  await connection.query(`select from ${quoteTable({ schema: view.schema, table: view.view })} limit 1`)
  return []
}

async function readDefinition(
  connection: Connection,
  name: { readonly schema: string; readonly table: string },
): Promise<string | null> {
  const { rows } = await connection.query<{ definition: string }>(
    `select pg_get_viewdef(oid) as definition
       from pg_class
      where oid = to_regclass($1) and relkind = 'v'`,
    [quoteTable(name)],
  )
  return rows[0]?.definition ?? null
}
