/** `~` as in shells: in any typed path it stands for the home folder. Pure. */
import type { RunRequest } from '../../engine/door/index.ts'

export const homeOf = ({ target }: Pick<RunRequest, 'target'>): string | null =>
  target.env.HOME ?? target.env.USERPROFILE ?? null

export function expandHome(path: string, home: string | null): string {
  return home !== null && /^~(?=$|[/\\])/.test(path) ? home + path.slice(1) : path
}
