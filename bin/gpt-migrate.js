#!/usr/bin/env node
// The launcher: plain JavaScript that any Node can parse. It checks Node's version (starting itself again with the checkout's own
// Node where there is one), sets what must be set before React is loaded, and hands over to dist/main.js.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const needed = 22
const program = new URL('../dist/main.js', import.meta.url)
const here = (path) => fileURLToPath(new URL(path, import.meta.url))

if (Number(process.versions.node.split('.')[0]) < needed) {
  const own = [here('../node_modules/node/bin/node'), here('../node_modules/node/bin/node.exe')].find(
    existsSync,
  )
  if (own !== undefined && process.env.GPT_MIGRATE_REEXECUTED === undefined) startAgainWith(own)
  else
    refuse(
      `gpt-migrate needs Node ${needed} or newer, and this is Node ${process.versions.node}.`,
      'Install a current Node from https://nodejs.org, then run the same command again.',
    )
} else if (!existsSync(program)) {
  refuse('gpt-migrate is not built in this checkout.', 'Build it first: npm ci && npm run build')
} else {
  process.env.NODE_ENV ??= 'production'
  // better-sqlite3 reads it once a process, at its first database: sources are opened by URI, read-only down to their -shm file.
  process.env.SQLITE_USE_URI = '1'
  if (process.env.NO_COLOR !== undefined && process.env.NO_COLOR !== '') process.env.FORCE_COLOR = '0'
  await import(program.href)
}

/** Runs the same command with another Node, and ends as it ends. Signals to this process are passed on. */
function startAgainWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, GPT_MIGRATE_REEXECUTED: '1' },
  })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => refuse(`Node could not be started: ${error.message}`, `It is at ${node}.`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    for (const name of signals) process.removeAllListeners(name)
    process.kill(process.pid, signal)
    // A signal that does not end this process is told as shells tell it.
    process.exitCode = 128 + (constants.signals[signal] ?? 0)
  })
}

function refuse(sentence, hint) {
  process.stderr.write(`${sentence}\n${hint}\n`)
  process.exitCode = 2
}
