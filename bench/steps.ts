/**
 * The steps of a run alone, one after the other in one thread, from dist/: what each costs in wall time and CPU. Reads the plan that
 * `ours.ts` prepared, and a target that it filled. Prints JSON.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type * as Writer from '../src/engine/encode/byte-writer.ts'
import type * as Encoder from '../src/engine/encode/row-encoder.ts'
import type * as Plans from '../src/engine/model/plan.ts'
import type * as PageEncoders from '../src/engine/page-encoder/page-encoder.ts'
import type * as Sums from '../src/engine/rows/sum-rows.ts'
import type { Prepared } from '../src/engine/run/prepare.ts'
import type * as OpenSnapshots from '../src/engine/source/base/open-snapshot.ts'
import type * as Sqlite from '../src/engine/source/base/sqlite.ts'
import type * as Census from '../src/engine/source/census/census.ts'
import type * as Counts from '../src/engine/source/census/count-tables.ts'
import type * as Inspectors from '../src/engine/source/census/inspector.ts'
import type * as Blocks from '../src/engine/source/readers/blocks.ts'
import type * as Readers from '../src/engine/source/readers/readers.ts'
import type * as Rewritings from '../src/engine/source/readers/rewriting.ts'
import type * as Snapshots from '../src/engine/source/snapshot/snapshot.ts'
import type * as Orphans from '../src/engine/source/staging/orphans.ts'
import type * as Address from '../src/engine/target/address.ts'
import type * as Connections from '../src/engine/target/connection.ts'

export type Step = { readonly step: string; readonly seconds: number; readonly cpuSeconds: number }
export type StepsRequest = { readonly dist: string; readonly preparedFile: string; readonly url: string }

async function main({ dist, preparedFile, url }: StepsRequest): Promise<void> {
  const load = async <M>(path: string): Promise<M> => (await import(new URL(path, dist).href)) as M
  const { copyPlanOf, targetTableOf } = await load<typeof Plans>('model/plan.js')
  const { ByteWriter } = await load<typeof Writer>('encode/byte-writer.js')
  const { RowEncoder } = await load<typeof Encoder>('encode/row-encoder.js')
  const { cutBlocks } = await load<typeof Blocks>('source/readers/blocks.js')
  const { openAlone } = await load<typeof Inspectors>('source/census/inspector.js')
  const { countTables } = await load<typeof Counts>('source/census/count-tables.js')
  const { PageEncoder } = await load<typeof PageEncoders>('page-encoder/page-encoder.js')
  const { OpenSnapshot } = await load<typeof OpenSnapshots>('source/base/open-snapshot.js')
  const { Rewriting } = await load<typeof Rewritings>('source/readers/rewriting.js')
  const { takeCensus } = await load<typeof Census>('source/census/census.js')
  const { findOrphans } = await load<typeof Orphans>('source/staging/orphans.js')
  const { openReader } = await load<typeof Readers>('source/readers/readers.js')
  const { takeSnapshots } = await load<typeof Snapshots>('source/snapshot/snapshot.js')
  const { openReadOnly } = await load<typeof Sqlite>('source/base/sqlite.js')
  const { resolveTarget } = await load<typeof Address>('target/address.js')
  const { connect } = await load<typeof Connections>('target/connection.js')
  const { sumTarget } = await load<typeof Sums>('rows/sum-rows.js')

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
      const counted = await countTables(inspector, snapshots[0]!.file, db, catalogs[0]!)
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
      // As the copy does: plain rows in compiled code.
      { how: 'pages, compiled', name: 'pages' },
      { how: 'sqlite', name: 'sqlite' },
      // As the verification does.
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
          const plain = how === 'pages, compiled' ? PageEncoder.of(copy, target, usual) : null
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

type Reader = ReturnType<typeof Readers.openReader>
type TablePlan = Plans.Plan['tables'][number]
type Visit = Parameters<ReturnType<Reader['open']>['advance']>[1]
type Take = NonNullable<Parameters<ReturnType<Reader['open']>['advance']>[2]>

function visitAll(reader: Reader, visit: Visit, take: Take | undefined): void {
  const reading = reader.open({ range: { after: null, through: null }, rowsBefore: 0 })
  while (reading.advance(1000, visit, take));
}

// better-sqlite3 reads it once, at its first database, as bin/ sets it.
process.env.SQLITE_USE_URI = '1'
await main(JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as StepsRequest)
