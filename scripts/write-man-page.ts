/** Writes man/gpt-migrate.1 from the table of commands: `npm run man`. A test compares the file. */
import { writeFileSync } from 'node:fs'
import { commands } from '../src/cli/commands/index.ts'
import { manPage } from '../src/cli/man-page.ts'
import { version } from '../src/engine/door/index.ts'

writeFileSync(new URL('../man/gpt-migrate.1', import.meta.url), manPage(commands, version))
