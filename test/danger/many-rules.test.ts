/** A table of many rules: they are made and validated many at a time, and one that the rows break keeps no other from being valid. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCommand } from '../support/command.ts'
import { anyServer } from '../support/databases.ts'
import { inScene } from '../support/scene.ts'

const rules = Array.from({ length: 120 }, (_, at) => at)
const sql = `create table p (id integer primary key); insert into p values (1);
  create table "t
x" (id integer primary key, n integer, ${rules.map((at) => `p${at} integer references p`).join(', ')},
    ${rules.map((at) => `constraint c${at} check (n <> ${at + 10})`).join(', ')});
  insert into "t
x" (id, n, p7) values (1, 5, 1)`

it('120 checks, of which the rows break one unforeseen, and 120 references', {
  timeout: 60_000,
}, async () => {
  await inScene(anyServer().url, { name: 'rules.db', sql }, async ({ file, url, workFolder, connection }) => {
    const cwd = join(file, '..')
    const plan = join(cwd, 'plan.json')
    const args = ['--source', file, '--target', url, '--work-folder', workFolder]
    expect(await runCommand(['plan', ...args, '--out', plan], { cwd })).toMatchObject({ exitCode: 0 })
    const written = readFileSync(plan, 'utf8')
    // The rows of the snapshot keep the check of the source.
    writeFileSync(plan, written.replace(/(\\"n\\" <> )17\b/, '$15'))
    expect(readFileSync(plan, 'utf8')).not.toBe(written)
    const moved = await runCommand(['--yes', '--plan', plan, ...args], { cwd })
    expect(moved.output).toContain('The check-validation c7 of public.t')
    const { rows } = await connection.query(
      `select contype, convalidated, count(*)::int from pg_constraint
        where contype in ('c', 'f') and connamespace = 'public'::regnamespace
        group by contype, convalidated order by contype, convalidated`,
    )
    expect(rows).toEqual([
      { contype: 'c', convalidated: false, count: 1 },
      { contype: 'c', convalidated: true, count: 119 },
      { contype: 'f', convalidated: true, count: 120 },
    ])
    const steps = await connection.query('select count(distinct number)::int as n from gpt_migrate.step')
    // Two statements for each rule but the refused validation, and two primary keys.
    expect(steps.rows).toEqual([{ n: 4 * rules.length - 1 + 2 }])
  })
})
