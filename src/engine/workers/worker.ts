/** What a thread loads to copy and verify: SQLite handles and a connection of its own. */
export { openWorkbench as openPlace } from './workbench.ts'
