/** Commands as the program prints them, run by a shell as a user would paste them. */
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { shellWord } from '../../src/engine/model/shell-word.ts'
import type { Ended } from './program.ts'

const launcher = fileURLToPath(new URL('../../bin/gpt-migrate.js', import.meta.url))

/** Runs the line in `cwd`; `npx gpt-migrate` is the program of this checkout. `tools`: a further folder of programs. */
export function runLine(line: string, cwd: string, tools: string | null = null): Promise<Ended> {
  const folder = join(cwd, '.shell')
  mkdirSync(folder, { recursive: true })
  const npx = join(folder, 'npx')
  writeFileSync(npx, `#!/bin/sh\nshift\nexec ${shellWord(process.execPath)} ${shellWord(launcher)} "$@"\n`)
  chmodSync(npx, 0o755)
  const path = [folder, ...(tools === null ? [] : [tools]), process.env.PATH ?? ''].join(delimiter)
  const child = spawn('sh', ['-c', line], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: path, HOME: cwd, LANG: 'C.UTF-8' },
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  return new Promise((resolve) => {
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, output, errors }))
  })
}

/** What a summary prints after a word, such as `Undo`. */
export function printed(output: string, word: string): string {
  const [, line] = new RegExp(`^${word} +(.+)$`, 'm').exec(output) ?? []
  if (line === undefined) throw new Error(`no line ${word} in:\n${output}`)
  return line
}
