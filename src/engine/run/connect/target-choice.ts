/** Which target a person chose. Invariant: nothing is loaded or opened to find out. */

import { join, resolve } from 'node:path'
import type { TargetChoice } from '../../model/options.ts'

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
