/** Whether a path is a folder's, or the folder itself. */
import { isAbsolute, relative } from 'node:path'

export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return !/^\.\.(?:$|[\\/])/.test(way) && !isAbsolute(way)
}
