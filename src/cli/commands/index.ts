/** The table of commands, in the order of help. A new command is a file in this folder and a line here. */
import type { Command } from '../command.ts'
import { completion } from './completion.ts'
import { cutover } from './cutover.ts'
import { demo } from './demo.ts'
import { exportCommand } from './export.ts'
import { fallback } from './fallback.ts'
import { follow } from './follow.ts'
import { help } from './help.ts'
import { inspect } from './inspect.ts'
import { mappings } from './mappings.ts'
import { partitions } from './partitions.ts'
import { plan } from './plan.ts'
import { queries } from './queries.ts'
import { rejects } from './rejects.ts'
import { rollback } from './rollback.ts'
import { run } from './run.ts'
import { serve } from './serve.ts'
import { status } from './status.ts'
import { verify } from './verify.ts'

export const commands: readonly Command[] = [
  run,
  inspect,
  plan,
  follow,
  cutover,
  verify,
  rejects,
  queries,
  partitions,
  exportCommand,
  fallback,
  rollback,
  status,
  mappings,
  demo,
  serve,
  completion,
  help,
]
