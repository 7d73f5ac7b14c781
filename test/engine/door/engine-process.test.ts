/** The engine's process dies: each call, before and after, is answered with a sentence and not with what the pipe said. */
import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { EngineProcess } from '../../../src/engine/door/engine-process.ts'
import { temporaryFolder } from '../../support/folders.ts'
import { processesOf } from '../../support/program.ts'

const folder = temporaryFolder()
const ended = {
  code: 'engine-killed',
  message: 'The process that does the work was ended (SIGKILL).',
}

const ask = (engine: EngineProcess): Promise<unknown> =>
  engine.call('inspect', { sources: [folder], workFolder: folder, options: {} } as never)

it('engine killed: a call before, one to the closed pipe and one after', async () => {
  const others = new Set(processesOf(process.pid))
  const engine = new EngineProcess()
  const pid = processesOf(process.pid).find((one) => !others.has(one))!
  const before = ask(engine)
  process.kill(pid, 'SIGKILL')
  // Until the pipe is closed; this process learns of the exit only when it is idle.
  while (!/^Z/.test(execFileSync('ps', ['-o', 'stat=', '-p', `${pid}`], { encoding: 'utf8' })));
  const toClosedPipe = ask(engine)
  await expect(before).rejects.toMatchObject(ended)
  await expect(toClosedPipe).rejects.toMatchObject(ended)
  await expect(ask(engine)).rejects.toMatchObject(ended)
})
