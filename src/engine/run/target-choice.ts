/** Which target a person chose. Invariant: nothing is loaded or opened to tell. */
import { join, resolve } from 'node:path'
import type { Environment } from '../target/connection-string.ts'

export type TargetChoice = {
  /** `--target`; null takes DATABASE_URL or the PG* variables. */
  readonly target: string | null
  readonly env: Environment
  /** Where an embedded server without a folder of its own is kept. */
  readonly workFolder: string
  readonly port: number | null
  /** The role as which everything in the target is done; null or absent for the user's own. */
  readonly role?: string | null
}

/** Whether anybody chose a place: by `--target`, DATABASE_URL or one of the PG* variables that name one. */
export function isTargetNamed({ target, env }: Pick<TargetChoice, 'target' | 'env'>): boolean {
  return (
    target !== null ||
    ['DATABASE_URL', 'PGHOST', 'PGSERVICE', 'PGDATABASE'].some((name) => (env[name] ?? '') !== '')
  )
}

/** The folder in `embedded[:DIR]`; null when the choice is another server. */
export function embeddedFolderOf({
  target,
  workFolder,
}: Pick<TargetChoice, 'target' | 'workFolder'>): string | null {
  if (target === 'embedded') return join(resolve(workFolder), 'postgres')
  return target?.startsWith('embedded:') ? resolve(target.slice('embedded:'.length)) : null
}
