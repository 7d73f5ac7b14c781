/**
 * The last target, kept in the work folder; it only pre-fills the wizard. Invariant: the file holds no password, and it is read only when
 * it is a regular file of this user's that nobody else can write, in a work folder of which the same holds.
 */
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { isOurs, readOwnFile, refuseUnsafePlace, replaceOwnFile } from '../../own-files/ours.ts'
import { makePrivateFolder } from '../../source/files/work-folder.ts'
import { publicUrl, type TargetAddress } from '../../target/address/address.ts'

const NAME = 'target.json'
const MOST_BYTES = 4096

/** Writes `embedded:FOLDER`, or a URL without its password. */
export function rememberTarget(request: {
  readonly workFolder: string
  readonly address: TargetAddress
  readonly embedded: string | null
}): void {
  const { workFolder, address, embedded } = request
  const file = join(workFolder, NAME)
  const target = embedded === null ? urlOf(address) : `embedded:${embedded}`
  try {
    refuseUnsafePlace(file, 'work-folder')
    makePrivateFolder(workFolder)
    replaceOwnFile(file, `${JSON.stringify({ version: 1, target })}\n`)
  } catch {
    // The remembered target is a convenience: failing to write it stops no run.
  }
}

function urlOf(address: TargetAddress): string {
  const { mode } = address.tls
  return mode === 'prefer' ? publicUrl(address) : `${publicUrl(address)}?sslmode=${mode}`
}

/** Returns null when nothing is remembered, or when the file is not safe to read. */
export function recallTarget({ workFolder }: { readonly workFolder: string }): string | null {
  const file = join(workFolder, NAME)
  try {
    if (!isOurs(workFolder) || lstatSync(file).size > MOST_BYTES) return null
    const read: unknown = JSON.parse(readOwnFile(file, 'work-folder') ?? 'null')
    if (typeof read !== 'object' || read === null || !('target' in read)) return null
    const { target } = read
    return typeof target === 'string' && /^(embedded:|postgres(ql)?:\/\/)[^\p{Cc}]*$/u.test(target)
      ? target
      : null
  } catch {
    return null
  }
}
