/** A thread that looks into snapshots. */
import { serveTasks } from '../../threads/serve-tasks.ts'
import { openInspectionPlace } from './perform-inspection.ts'

await serveTasks(openInspectionPlace)
