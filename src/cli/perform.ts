/** One command, carried out: which call of the engine, which face, which exit code. */
import type { EngineThread } from '../engine/index.ts'
import { performDemo } from './commands/demo.ts'
import { performExport } from './commands/export.ts'
import { performInspect } from './commands/inspect.ts'
import { performMappings } from './commands/mappings.ts'
import { performPlan } from './commands/plan.ts'
import { performRejects } from './commands/rejects.ts'
import { performRollback } from './commands/rollback.ts'
import { performRun } from './commands/run.ts'
import { performServe } from './commands/serve.ts'
import { performStatus } from './commands/status.ts'
import { performVerify } from './commands/verify.ts'
import type { Arguments } from './parse-arguments.ts'
import type { World } from './world.ts'

export async function perform(given: Arguments, engine: EngineThread, world: World): Promise<number> {
  switch (given.command) {
    case 'run':
      return performRun(given, engine, world)
    case 'demo':
      return performDemo(given, engine, world)
    case 'plan':
      return performPlan(given, engine, world)
    case 'mappings':
      return performMappings(given, engine, world)
    case 'inspect':
      return performInspect(given, engine, world)
    case 'verify':
      return performVerify(given, engine, world)
    case 'rejects':
      return performRejects(given, engine, world)
    case 'export':
      return performExport(given, engine, world)
    case 'rollback':
      return performRollback(given, engine, world)
    case 'status':
      return performStatus(given, engine, world)
    case 'serve':
      return performServe(given, engine, world)
    default:
      return given.command satisfies never
  }
}
