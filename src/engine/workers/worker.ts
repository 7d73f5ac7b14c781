/** The module that a thread loads to copy and verify, with SQLite handles and a connection of its own. */
export { openWorkbench as openPlace } from './workbench.ts'
