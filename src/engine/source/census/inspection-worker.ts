/** What a thread loads to look into snapshots. */
export { openInspectionPlace as openPlace } from './perform-inspection.ts'
