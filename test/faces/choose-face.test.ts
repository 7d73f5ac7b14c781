import { expect, it } from 'vitest'
import { chooseFace, type Surroundings } from '../../src/faces/choose-face.ts'

const terminal: Surroundings = {
  stdinIsTerminal: true,
  stdoutIsTerminal: true,
  columns: 80,
  rows: 24,
  term: 'xterm-256color',
  ci: false,
  json: false,
  plain: false,
}

it.each<[string, Partial<Surroundings>, string]>([
  ['a terminal', {}, 'wizard'],
  ['a terminal of 60 by 16', { columns: 60, rows: 16 }, 'wizard'],
  ['no TERM at all, as on Windows', { term: undefined }, 'wizard'],
  ['narrow-terminal', { columns: 59 }, 'plain'],
  ['a low terminal', { rows: 15 }, 'plain'],
  ['a pipe', { stdoutIsTerminal: false }, 'plain'],
  ['no keyboard', { stdinIsTerminal: false }, 'plain'],
  ['TERM=dumb', { term: 'dumb' }, 'plain'],
  ['CI', { ci: true }, 'plain'],
  ['--plain', { plain: true }, 'plain'],
  ['--json in a terminal', { json: true }, 'json'],
  ['--json --plain', { json: true, plain: true }, 'json'],
  ['--json in a pipe', { json: true, stdoutIsTerminal: false }, 'json'],
])('%s', (_, difference, face) => {
  expect(chooseFace({ ...terminal, ...difference })).toBe(face)
})
