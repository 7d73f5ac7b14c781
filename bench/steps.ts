/**
 * Measures the steps of a run alone, one after another in one thread: wall time and CPU of each. Reads the plan that `ours.ts` prepared,
 * and a target that it filled. Prints JSON.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ByteWriter } from '../src/engine/encode/cell/byte-writer.ts'
import { RowEncoder } from '../src/engine/encode/rows/row-encoder.ts'
import { copyPlanOf, type Plan, targetTableOf } from '../src/engine/model/plan.ts'
import { PageEncoder } from '../src/engine/page-encoder/page-encoder.ts'
import { sumTarget } from '../src/engine/rows/sum-rows.ts'
import type { Prepared } from '../src/engine/run/prepare/prepare.ts'
import { OpenSnapshot } from '../src/engine/source/base/open-snapshot.ts'
import { storedInSnapshot } from '../src/engine/source/base/reader.ts'
import { openReadOnly } from '../src/engine/source/base/sqlite.ts'
import { takeCensus } from '../src/engine/source/census/census.ts'
import { countTables } from '../src/engine/source/census/count-tables.ts'
import { openAlone } from '../src/engine/source/census/inspector.ts'
import { cutBlocks } from '../src/engine/source/readers/blocks.ts'
import { openReader } from '../src/engine/source/readers/readers.ts'
import { Rewriting } from '../src/engine/source/readers/rewriting.ts'
import { takeSnapshots } from '../src/engine/source/snapshot/snapshot.ts'
import { findOrphans } from '../src/engine/source/staging/orphans.ts'
import { resolveTarget } from '../src/engine/target/address/address.ts'
import { connect } from '../src/engine/target/connection/connection.ts'

export type Step = { readonly step: string; readonly seconds: number; readonly cpuSeconds: number }
export type StepsRequest = { readonly preparedFile: string; readonly url: string }

async function main({ preparedFile, url }: StepsRequest): Promise<void> {
  const prepared = JSON.parse(readFileSync(preparedFile, 'utf8')) as Prepared
  const { plan, snapshots, catalogs } = prepared
  const steps: Step[] = []
  async function time(step: string, work: () => unknown): Promise<void> {
    const cpu = process.cpuUsage()
    const startedAt = performance.now()
    await work()
    const seconds = (performance.now() - startedAt) / 1000
    const spent = process.cpuUsage(cpu)
    steps.push({ step, seconds, cpuSeconds: (spent.user + spent.system) / 1e6 })
  }

  const folder = mkdtempSync(join(dirname(preparedFile), 'steps-'))
  const connection = await connect(resolveTarget({ target: url, env: {} }))
  const db = openReadOnly(snapshots[0]!.file, { immutable: true })
  try {
    await time('snapshot', () => takeSnapshots(snapshots, folder))
    await time('census', async () => {
      const inspector = await openAlone()
      const counted = await countTables(inspector, snapshots[0]!.file, db, catalogs[0]!, async () => null)
      await inspector.close()
      takeCensus(db, catalogs[0]!, { counted })
    })
    await time('orphans', () => findOrphans(plan, snapshots))
    await time('cut blocks', () =>
      plan.tables.map((table) =>
        cutBlocks(db, table, { rowsPerBlock: 50_000, counted: plan.sourceRows[table.id], staging: null }),
      ),
    )
    const rewriting = new OpenSnapshot(Rewriting.open)
    const readings = [
      { how: 'pages', name: 'pages' },
      // As in the copy: plain rows in compiled code.
      { how: 'pages, compiled', name: 'pages' },
      { how: 'sqlite', name: 'sqlite' },
      // As in the verification.
      { how: 'sqlite, written anew', name: 'sqlite' },
    ] as const
    for (const { how, name } of readings) {
      const isRewritten = how === 'sqlite, written anew'
      const eachTable = (workOf: (table: TablePlan) => [Visit, Take | undefined]) => {
        for (const table of plan.tables) {
          const more = { largestRow: 1000, rewriting: isRewritten ? rewriting : undefined }
          const reader = openReader(name, table, copyPlanOf(table), snapshots, null, more)
          visitAll(reader, ...workOf(table))
          reader.close()
        }
      }
      if (how !== 'pages, compiled') await time(`read, ${how}`, () => eachTable(() => [() => {}, undefined]))
      await time(`read and encode, ${how}`, () =>
        eachTable((table) => {
          const copy = copyPlanOf(table)
          const target = targetTableOf(plan, copy.target)
          const usual = { orphans: [], exact: false }
          const encoder = new RowEncoder(copy, target, usual)
          const plain =
            how === 'pages, compiled' ? PageEncoder.of(copy, target, usual, storedInSnapshot(copy)) : null
          const out = new ByteWriter()
          const begin = (): void => {
            if (out.position > 200_000) out.position = 0
          }
          return [
            (row) => {
              begin()
              encoder.encode(row, out)
            },
            plain === null
              ? undefined
              : (rows, from, to, ordinal) => {
                  begin()
                  return plain.take(rows, [from, to], ordinal, encoder, out)
                },
          ]
        }),
      )
    }
    rewriting.close()
    await time('read the target back', async () => {
      for (const table of plan.tables) await sumTarget(connection, copyPlanOf(table), 'bench', null)
    })
    process.stdout.write(JSON.stringify(steps))
  } finally {
    db.close()
    await connection.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

type Reader = ReturnType<typeof openReader>
type TablePlan = Plan['tables'][number]
type Visit = Parameters<ReturnType<Reader['open']>['advance']>[1]
type Take = NonNullable<Parameters<ReturnType<Reader['open']>['advance']>[2]>

function visitAll(reader: Reader, visit: Visit, take: Take | undefined): void {
  const reading = reader.open({ range: { after: null, through: null }, rowsBefore: 0 })
  while (reading.advance(1000, visit, take));
}

// better-sqlite3 reads this once, when it opens its first database; bin/ sets it too.
process.env.SQLITE_USE_URI = '1'
await main(JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as StepsRequest)
