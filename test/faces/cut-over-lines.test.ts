/** What a cut-over could not see, or did not wait for, is said. */
import { expect, it } from 'vitest'
import type { CutOverAnswer } from '../../src/engine/model/live-answers.ts'
import { cutOverLines } from '../../src/faces/cut-over-lines.ts'

const answer: CutOverAnswer = {
  ...{ run: '2026-11-29-1', state: 'cut-over', proof: 'proven', fencedMs: 70, isDry: false, stoppedBy: null },
  ...{ commandExitCode: 0, commandStillRuns: false, commandLog: '/w/on-cutover.log', sawAllProcesses: true },
  ...{ differing: [], unproven: [], unvalidated: [], openers: [], quarantined: 0 },
}

it('a command that still runs, and processes that can not be seen', () => {
  expect(cutOverLines(answer)).toHaveLength(2)
  const lines = cutOverLines({
    ...answer,
    ...{ commandExitCode: null, commandStillRuns: true, sawAllProcesses: false },
  })
  expect(lines.join('\n')).toMatch(/still runs, and is no longer waited for.*on-cutover\.log/)
  expect(lines.at(-1)).toMatch(/Not all processes can be seen/)
})

it('after a dry run nothing follows, which is said', () => {
  expect(cutOverLines({ ...answer, isDry: true, state: 'following' }).at(-1)).toBe(
    'Nothing follows the sources now. Resume with gpt-migrate follow and the same target.',
  )
})
