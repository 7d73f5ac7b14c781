/** Where a demo keeps its files. Invariant: only files that a demo made are removed, and none when other files are among them. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { sampleSchemas } from '../../demo/sample-schemas.ts'
import { MigrateError } from '../../model/errors.ts'
import { removeEmbedded } from '../../target/server/embedded.ts'

/** What an earlier demo left in a folder. */
type EarlierDemo = {
  readonly databases: number
  /** Total size of the databases and the server's files in the folder. */
  readonly bytes: number
  readonly hasServer: boolean
}

type DemoHome = {
  /** Null when the folder is free. */
  readonly earlier: EarlierDemo | null
  /** The folder itself, or a numbered folder in it that is free. */
  readonly free: string
}

const databasesIn = (home: string): string => join(home, 'databases')
const serverIn = (home: string): string => join(home, 'postgres')
const workIn = (home: string): string => join(home, 'work')

/** Returns what an earlier demo left in the folder, and a free folder. Changes nothing. */
export async function findDemo({ folder }: { readonly folder: string }): Promise<DemoHome> {
  if (isFree(folder)) return { earlier: null, free: folder }
  let number = 2
  while (!isFree(join(folder, String(number)))) number++
  const parts = [databasesIn(folder), serverIn(folder)]
  return {
    earlier: {
      databases: namesIn(databasesIn(folder)).filter((name) => Object.hasOwn(sampleSchemas, name)).length,
      bytes: parts.reduce((sum, part) => sum + bytesBelow(part), 0),
      hasServer: namesIn(serverIn(folder)).length > 0,
    },
    free: join(folder, String(number)),
  }
}

/** Removes an earlier demo's databases, server and snapshots. Throws `demo-folder-in-use` when other files are among them. */
export async function removeDemo({ folder }: { readonly folder: string }): Promise<void> {
  const isOurs = (name: string): boolean =>
    Object.hasOwn(sampleSchemas, name.replace(/-(wal|shm|journal)$/, ''))
  const other = namesIn(databasesIn(folder)).find((name) => !isOurs(name))
  if (other !== undefined) {
    throw new MigrateError(
      'usage',
      'demo-folder-in-use',
      `${join(databasesIn(folder), other)} is not of a demo: nothing was removed.`,
      { hint: 'Name another folder with --folder DIR.' },
    )
  }
  await removeEmbedded(serverIn(folder))
  for (const part of [databasesIn(folder), workIn(folder)]) rmSync(part, { recursive: true, force: true })
}

function isFree(home: string): boolean {
  return [databasesIn(home), serverIn(home)].every((part) => namesIn(part).length === 0)
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

function bytesBelow(folder: string): number {
  if (!existsSync(folder)) return 0
  let bytes = 0
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const stats = statSync(resolve(folder, name), { throwIfNoEntry: false })
    if (stats?.isFile()) bytes += stats.size
  }
  return bytes
}
