/** Opens a file with the system's program for it. */
import { spawn } from 'node:child_process'

const openers: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['explorer.exe'],
}

/** Returns false when no such program starts. Its output is discarded, so that it does not disturb the screen. */
export function openFile(path: string, platform: string): Promise<boolean> {
  const [program = '', ...parameters] = openers[platform] ?? ['xdg-open']
  return new Promise((resolve) => {
    const child = spawn(program, [...parameters, path], { detached: true, stdio: 'ignore' })
    child.once('error', () => resolve(false))
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}
