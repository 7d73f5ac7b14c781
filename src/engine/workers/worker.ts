/** A copy worker's thread: its own SQLite handles and its own connection. */
import { serveTasks } from '../threads/serve-tasks.ts'
import { openWorkbench } from './workbench.ts'

await serveTasks(openWorkbench)
