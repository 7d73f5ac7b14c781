/** Loaded into each process of gpt-migrate: writes the spans of its work as lines of JSON into the file that BENCH_SPANS names. */

import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'

const file = process.env.BENCH_SPANS
if (file !== undefined) {
  subscribe('gpt-migrate:span', (span) => appendFileSync(file, `${JSON.stringify(span)}\n`))
}
