/** A thread that judges rows before the run. */
import { serveTasks } from '../../threads/serve-tasks.ts'
import { openJudgingPlace } from './perform-judging.ts'

await serveTasks(openJudgingPlace)
