import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Given, parseArguments } from '../../src/cli/parse-arguments.ts'
import { shellCommand } from '../../src/cli/requests.ts'

/** The words that a POSIX shell makes of a command line. */
function wordsOf(command: string, env: Record<string, string> = {}): string[] {
  const { stdout, status } = spawnSync(
    'sh',
    ['-c', `for word in ${command}; do printf '%s\\0' "$word"; done`],
    {
      encoding: 'utf8',
      env,
    },
  )
  expect(status).toBe(0)
  return stdout.split('\0').slice(0, -1)
}

/** What the command's own words parse to. */
const again = (command: string): unknown => repeated(parseArguments(wordsOf(command).slice(2)))

/** What decides a run: values, but for those that are not repeated. */
function repeated({ values }: Given): unknown {
  const { yes: _yes, ...rest } = values
  return rest
}

const commandOf = (argv: readonly string[]): string => shellCommand(parseArguments(argv).texts)

describe('shellCommand', () => {
  it('leaves out what is usual', () => {
    expect(commandOf(['-s', './data', '-t', 'embedded'])).toBe(
      'npx gpt-migrate --yes --source ./data --target embedded',
    )
  })

  it('repeats everything that decides the run', () => {
    const argv = [
      ...['-s', './a b', '-s', "it's", '-s=-odd', '--as', 'x.db=trading.db', '--mapping', 'auto', '--yes'],
      ...[
        '--exclude',
        'notes/$HOME',
        '-t',
        'embedded:./pg data',
        '--role',
        'app owner',
        '--schema',
        'app',
        '--verify',
        'full',
      ],
      ...[
        '--timezone',
        'Asia/Tokyo',
        '--orphans',
        'fail',
        '--unmapped',
        'drop',
        '--on-overflow',
        'quarantine',
      ],
      ...['--on-reject', 'fail', '--identifiers', 'snake_case', '--timeseries', 'native', '--allow-missing'],
      ...['--exact', '--strict-types', '--int4-when-fits', '--salvage', '--keep-running', '--jobs', '3'],
      ...['--work-folder', 'w', '--keep-days', '3', '--report', 'r.md', '--port', '5433'],
    ].map((word) => word.replace(/^-s=/, '--source='))
    const given = parseArguments(argv)
    expect(again(shellCommand(given.texts))).toEqual(repeated(given))
  })

  it('survives the shell, whatever a folder is called', () => {
    fc.assert(
      fc.property(
        fc
          .string({
            unit: fc.constantFrom(...` \t\n'"\`$(){}[]<>|&;*?!#~=\\-é日ab/.`),
            minLength: 1,
            maxLength: 12,
          })
          .filter((name) => name.trim() !== ''),
        (name) => {
          const given = parseArguments(['--yes', `--source=${name}`, `--work-folder=${name}`])
          expect(again(shellCommand(given.texts))).toEqual(repeated(given))
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('password', () => {
  const secret = 'hunter2secret'

  it.each([
    `postgres://me:${secret}@host:5432/app?sslmode=require`,
    `postgresql://me:${secret}@host/app`,
    `POSTGRES://me:${secret}@host/app`,
    `postgres://host/app?user=me&password=${secret}`,
    `postgres://host/app?sslpassword=${secret}&sslmode=require`,
    `postgres://me:${secret}@one:5432,two:5433/app`,
    `postgres:me:${secret}@host/app`,
    `host=db user=me password=${secret}`,
    `me:${secret}@host/app`,
  ])('never in the command: %s', (target) => {
    const command = commandOf(['-t', target])
    expect(command).not.toContain(secret)
    expect(command).toContain('--target ')
  })

  it('keeps the rest of the address', () => {
    expect(commandOf(['-t', `postgres://me:${secret}@host:5433/app?sslmode=require`])).toBe(
      "npx gpt-migrate --yes --target 'postgres://me@host:5433/app?sslmode=require'",
    )
  })

  it('what is not plainly a URL comes from the environment', () => {
    const command = commandOf(['-t', 'host=db password=x'])
    expect(wordsOf(command, { DATABASE_URL: 'a b' }).slice(2)).toEqual(['--yes', '--target', 'a b'])
  })
})
