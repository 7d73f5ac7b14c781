/**
 * The target that the user is trying out: opened, probed, and held open (an embedded server keeps running) until another is tried or it is
 * released. Invariant: nothing is written to it, except a database whose creation was requested.
 */

import { readBlocks } from '../../journal/blocks.ts'
import { findUnfinishedRun } from '../../journal/journal.ts'
import type { RunRecord } from '../../model/journal.ts'
import type { TargetChoice } from '../../model/options.ts'
import type { TargetProbe, TargetRights } from '../../model/target-probe.ts'
import { describeAddress, publicUrl, type TargetAddress } from '../../target/address/address.ts'
import { type Connection, connect } from '../../target/connection/connection.ts'
import { createDatabase, probe } from '../../target/probe/probe.ts'
import { readRights } from '../../target/probe/rights.ts'
import { addressOf, type OpenTarget, openTarget } from '../connect/open-target.ts'
import { embeddedFolderOf } from '../connect/target-choice.ts'
import { rollBackRun } from '../rollback/rollback.ts'
import { type FinishedRun, findFinishedRun } from './finished-run.ts'

export type TargetTest = {
  readonly address: TargetAddress
  /** Host, port, database and user, for display. */
  readonly described: string
  /** URL without the password. */
  readonly url: string
  /** Folder of the embedded server; null for any other. */
  readonly embedded: string | null
  readonly probe: TargetProbe
  readonly rights: TargetRights
  readonly unfinished: UnfinishedRun | null
  readonly finished: FinishedRun | null
}

export type UnfinishedRun = {
  readonly record: RunRecord
  /** Source rows whose blocks are committed. */
  readonly rowsDone: number
  readonly rowsInAll: number
  readonly rowsQuarantined: number
}

let held: { readonly name: string; readonly target: OpenTarget } | null = null

/** Throws a MigrateError that says why the target cannot be used, with a hint. */
export async function testTarget(choice: TargetChoice): Promise<TargetTest> {
  const { address, embedded } = await hold(choice)
  await using connection = await connect(address)
  return {
    address,
    described: describeAddress(address),
    url: publicUrl(address),
    embedded,
    probe: await probe(connection, null),
    rights: await readRights(connection),
    unfinished: await findUnfinished(connection),
    finished: await findFinishedRun(connection),
  }
}

export async function createTargetDatabase(choice: TargetChoice): Promise<TargetTest> {
  await createDatabase(addressOf(choice))
  return testTarget(choice)
}

/** Removes what an unfinished run created, and probes the target again. */
export async function startOver(request: {
  readonly target: TargetChoice
  readonly run: string
}): Promise<TargetTest> {
  const { address } = await hold(request.target)
  const connection = await connect(address)
  try {
    await rollBackRun(connection, request.run, { force: true })
  } finally {
    await connection.end()
  }
  return testTarget(request.target)
}

/** Releases the target; an embedded server that was started for it stops, unless `keepRunning`. */
export async function releaseTarget(request: { readonly keepRunning: boolean }): Promise<void> {
  const target = held?.target
  held = null
  if (request.keepRunning) target?.keep()
  else await target?.close()
}

async function hold(choice: TargetChoice): Promise<OpenTarget> {
  const name = JSON.stringify([choice.target, embeddedFolderOf(choice), choice.port, choice.role ?? null])
  if (held?.name === name) return held.target
  await releaseTarget({ keepRunning: false })
  const target = await openTarget(choice)
  held = { name, target }
  return target
}

async function findUnfinished(connection: Connection): Promise<UnfinishedRun | null> {
  const record = await findUnfinishedRun(connection)
  if (record === null) return null
  let rowsDone = 0
  let rowsQuarantined = 0
  for (const { outcome } of await readBlocks(connection, record.run)) {
    for (const source of outcome?.sources ?? []) {
      rowsDone += source.read
      rowsQuarantined += source.quarantined
    }
  }
  const rowsInAll = Object.values(record.plan.sourceRows).reduce((total, rows) => total + rows, 0)
  return { record, rowsDone, rowsInAll, rowsQuarantined }
}
