/** How a cut-over ended, in lines and as an exit code. */
import { type CutOverAnswer, exitCodes, formatCounted, printable } from '../engine/door/index.ts'

export function cutOverExitCode({ isDry, state, proof, quarantined, stoppedBy }: CutOverAnswer): number {
  if (stoppedBy !== null) return stoppedBy === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated
  if (isDry) return exitCodes.ok
  if (state !== 'cut-over') return exitCodes.copy
  if (proof !== 'proven') return exitCodes.verify
  return quarantined > 0 ? exitCodes.quarantined : exitCodes.ok
}

export function cutOverLines(answer: CutOverAnswer): string[] {
  const { isDry, state, fencedMs, commandExitCode, commandLog, proof } = answer
  const openers = answer.openers.map(
    ({ process, name, path }) => `  ${printable(path)} is open in ${printable(name)} (process ${process})`,
  )
  if (isDry) {
    return [
      `The writers can be kept out: it took ${fencedMs} ms with the last round. Nothing was switched.`,
      ...openers,
      ...(answer.quarantined > 0
        ? [
            `  Following has put ${formatCounted(answer.quarantined, 'row')} into quarantine since the run: cutover wants --accept-quarantine`,
          ]
        : []),
      ...(answer.sawAllProcesses ? [] : ['  Not all processes can be seen: others may have the files open.']),
      'Nothing follows the sources now. Resume with gpt-migrate follow and the same target.',
    ]
  }
  if (state !== 'cut-over') {
    const how = commandExitCode === null ? 'was ended by a signal' : `ended with exit code ${commandExitCode}`
    return [
      answer.stoppedBy === null
        ? `The command ${how}: nothing continues by itself. What it printed is in ${printable(commandLog)}.`
        : `No longer waited for: the command is still running, and the writers are kept out until it has ended. What it prints is in ${printable(commandLog)}.`,
      'If the application uses SQLite: gpt-migrate cutover --keep sqlite --yes',
      'If it uses PostgreSQL: gpt-migrate cutover --keep postgres --yes',
    ]
  }
  return [
    proof === 'proven'
      ? 'Cut over and proven: every cell compared.'
      : answer.stoppedBy === null
        ? 'Cut over, but not proven: look before you rely on it.'
        : 'Cut over, but not proven: the proof was stopped. gpt-migrate verify compares the cells.',
    `The writers were kept out for ${fencedMs} ms before the start.`,
    ...(answer.commandStillRuns
      ? [
          `The command still runs, and is no longer waited for. What it prints is in ${printable(commandLog)}.`,
        ]
      : []),
    ...answer.differing.map((table) => `  ${printable(table)} DIFFERS from its source`),
    ...answer.unproven.map((table) => `  ${printable(table)} could not be compared`),
    ...answer.unvalidated.map((name) => `  The foreign key ${printable(name)} holds for new rows only`),
    ...(answer.quarantined > 0
      ? [`  ${answer.quarantined} rows are in quarantine: gpt-migrate rejects list`]
      : []),
    ...openers.map((line) => `${line}: it may still write to the old file`),
    ...(answer.sawAllProcesses
      ? []
      : [
          '  Not all processes can be seen: others may still have the old files open. status names late writes.',
        ]),
  ]
}
