/** Whether a path is the folder itself or below it. */
import { isAbsolute, relative } from 'node:path'

export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return !/^\.\.(?:$|[\\/])/.test(way) && !isAbsolute(way)
}
