#!/usr/bin/env node
// The launcher: plain JavaScript that any Node can parse. It checks Node's version (re-executing itself with the checkout's own
// Node where there is one), sets what must be set before React is loaded, and hands over to dist/main.js.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const needed = 22
const major = Number(process.versions.node.split('.')[0])

if (major < needed) {
  const own = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url))
  if (existsSync(own) && process.env.GPT_MIGRATE_REEXECUTED === undefined) {
    const child = spawnSync(own, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
      stdio: 'inherit',
      env: { ...process.env, GPT_MIGRATE_REEXECUTED: '1' },
    })
    process.exit(child.status ?? 1)
  }
  process.stderr.write(
    `gpt-migrate needs Node ${needed} or newer, and this is Node ${process.versions.node}.\n` +
      'Install a current Node from https://nodejs.org, then run the same command again.\n',
  )
  process.exit(2)
}

process.env.NODE_ENV ??= 'production'
// better-sqlite3 reads it once a process, at its first database: sources are opened by URI, read-only down to their -shm file.
process.env.SQLITE_USE_URI = '1'
if (process.env.NO_COLOR !== undefined && process.env.NO_COLOR !== '') process.env.FORCE_COLOR = '0'

await import('../dist/main.js')
