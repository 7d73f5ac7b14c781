/** One command, carried out: which call of the engine, which face, which exit code. Only its own modules are loaded. */
import type { EngineThread } from '../engine/door/index.ts'
import type { Arguments } from './parse-arguments.ts'
import type { World } from './world.ts'

export async function perform(given: Arguments, engine: EngineThread, world: World): Promise<number> {
  switch (given.command) {
    case 'run':
      return (await import('./commands/run.ts')).performRun(given, engine, world)
    case 'demo':
      return (await import('./commands/demo.ts')).performDemo(given, engine, world)
    case 'plan':
      return (await import('./commands/plan.ts')).performPlan(given, engine, world)
    case 'mappings':
      return (await import('./commands/mappings.ts')).performMappings(given, engine, world)
    case 'inspect':
      return (await import('./commands/inspect.ts')).performInspect(given, engine, world)
    case 'verify':
      return (await import('./commands/verify.ts')).performVerify(given, engine, world)
    case 'rejects':
      return (await import('./commands/rejects.ts')).performRejects(given, engine, world)
    case 'export':
      return (await import('./commands/export.ts')).performExport(given, engine, world)
    case 'rollback':
      return (await import('./commands/rollback.ts')).performRollback(given, engine, world)
    case 'status':
      return (await import('./commands/status.ts')).performStatus(given, engine, world)
    case 'serve':
      return (await import('./commands/serve.ts')).performServe(given, engine, world)
    default:
      return given.command satisfies never
  }
}
