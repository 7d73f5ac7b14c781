/** Opens the chosen target: an address, or an embedded server that is started here. */
import { MigrateError } from '../../model/errors.ts'
import type { TargetChoice } from '../../model/options.ts'
import { resolveTarget, type TargetAddress } from '../../target/address/address.ts'
import { connect } from '../../target/connection/connection.ts'
import { refuseTransactionPooling } from '../../target/connection/pooling.ts'
import { createDatabase } from '../../target/probe/probe.ts'
import { isEmbeddedFolder, startEmbedded } from '../../target/server/embedded.ts'
import { embeddedFolderOf } from './target-choice.ts'

export type OpenTarget = AsyncDisposable & {
  readonly address: TargetAddress
  /** Folder of the embedded server, null for any other. */
  readonly embedded: string | null
  /** Stops the embedded server, if it was started here and is not kept. */
  close(): Promise<void>
  /** Lets the embedded server outlive this process. Without this call it ends with this process, even when that is killed. */
  keep(): void
}

/** The database of an embedded server in which runs create their tables. */
export const embeddedDatabase = 'gpt_trader'

/** Opens the target of an earlier run. Throws `no-embedded-server` instead of making an embedded server. */
export async function openPastTarget(choice: TargetChoice): Promise<OpenTarget> {
  const folder = embeddedFolderOf(choice)
  if (folder !== null && !isEmbeddedFolder(folder)) {
    throw new MigrateError('target', 'no-embedded-server', `There is no embedded server in ${folder}.`, {
      hint: 'Name the folder of one: --target embedded:DIR. A run makes it; the demo keeps its own in gpt-migrate-demo/postgres.',
    })
  }
  return openTarget(choice)
}

/** Opens the target; makes an embedded server when the folder has none yet. */
export async function openTarget(choice: TargetChoice): Promise<OpenTarget> {
  const folder = embeddedFolderOf(choice)
  if (folder === null) {
    const address = addressOf(choice)
    await refuseTransactionPooling(address)
    const close = async (): Promise<void> => {}
    return { address, embedded: null, close, [Symbol.asyncDispose]: close, keep: () => {} }
  }
  const server = await startEmbedded({
    folder,
    isGuarded: true,
    ...(choice.port === null ? {} : { port: choice.port }),
  })
  let isKept = false
  const keep = (): void => {
    isKept = true
    server.keep()
  }
  const close = async (): Promise<void> => {
    if (server.startedByUs && !isKept) await server.stop()
  }
  try {
    const address = resolveTarget({ target: server.url, env: { PGREQUIREAUTH: 'scram-sha-256' } })
    const { role } = choice
    const own = await withOwnDatabase(address)
    const named = role == null ? own : { ...own, role }
    return { address: named, embedded: folder, close, [Symbol.asyncDispose]: close, keep }
  } catch (error) {
    await close()
    throw error
  }
}

/** Returns the address that the choice names; not for an embedded server. */
export function addressOf({ env, role = null, target }: TargetChoice): TargetAddress {
  return resolveTarget({ env, role, ...(target === null ? {} : { target }) })
}

async function withOwnDatabase(address: TargetAddress): Promise<TargetAddress> {
  const own = { ...address, database: embeddedDatabase }
  try {
    await (await connect(own)).end()
  } catch (error) {
    if (!(error instanceof MigrateError) || error.code !== 'no-such-database') throw error
    await createDatabase(own)
  }
  return own
}
