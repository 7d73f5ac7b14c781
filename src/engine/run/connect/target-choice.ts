/** Which target was chosen. Invariant: nothing is loaded or opened to find out. */

import { join, resolve } from 'node:path'
import type { TargetChoice } from '../../model/options.ts'

/** Whether a target is named: by `--target`, DATABASE_URL, PGHOST, PGSERVICE or PGDATABASE. */
export function isTargetNamed({ target, env }: Pick<TargetChoice, 'target' | 'env'>): boolean {
  return (
    target !== null ||
    ['DATABASE_URL', 'PGHOST', 'PGSERVICE', 'PGDATABASE'].some((name) => (env[name] ?? '') !== '')
  )
}

/** Returns the folder in `embedded[:DIR]`, or null when the choice is not an embedded server. */
export function embeddedFolderOf({
  target,
  workFolder,
}: Pick<TargetChoice, 'target' | 'workFolder'>): string | null {
  if (target === 'embedded') return join(resolve(workFolder), 'postgres')
  return target?.startsWith('embedded:') ? resolve(target.slice('embedded:'.length)) : null
}
