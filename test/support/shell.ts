/** Runs commands as the program prints them, in a shell, as a user would paste them. */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { shellWord } from '../../src/engine/model/shell-word.ts'
import { runCommand } from './command.ts'
import type { Ended } from './program.ts'

const launcher = fileURLToPath(new URL('../../bin/gpt-migrate.js', import.meta.url))

/** Runs the line in `cwd`; `npx gpt-migrate` is the program of this checkout. `tools`: a further folder of programs. */
export function runLine(line: string, cwd: string, tools: string | null = null): Promise<Ended> {
  return runWith(`exec ${shellWord(process.execPath)} ${shellWord(launcher)} "$@"`, line, cwd, tools)
}

/** The same, but the shell only passes words and environment of `npx gpt-migrate` on, which runs in the test's process. */
export async function runLineHere(line: string, cwd: string, tools: string | null = null): Promise<Ended> {
  const [words, variables] = [join(cwd, '.shell', 'words'), join(cwd, '.shell', 'variables')]
  const note = `printf '%s\\0' "$@" > ${shellWord(words)}; env -0 > ${shellWord(variables)}`
  const ended = await runWith(note, line, cwd, tools)
  if (!existsSync(words)) return ended
  const args = listIn(words)
  const env = Object.fromEntries(
    listIn(variables).map((entry) => [
      entry.slice(0, entry.indexOf('=')),
      entry.slice(entry.indexOf('=') + 1),
    ]),
  )
  rmSync(words)
  return runCommand(args, { cwd, env })
}

const listIn = (file: string): readonly string[] => readFileSync(file, 'utf8').split('\0').slice(0, -1)

function runWith(program: string, line: string, cwd: string, tools: string | null): Promise<Ended> {
  const folder = join(cwd, '.shell')
  mkdirSync(folder, { recursive: true })
  const npx = join(folder, 'npx')
  writeFileSync(npx, `#!/bin/sh\nshift\n${program}\n`)
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

/** The text after a word in a printed summary, such as `Undo`. */
export function printed(output: string, word: string): string {
  const [, line] = new RegExp(`^${word} +(.+)$`, 'm').exec(output) ?? []
  if (line === undefined) throw new Error(`no line ${word} in:\n${output}`)
  return line
}
