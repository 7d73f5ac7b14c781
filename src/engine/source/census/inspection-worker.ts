/** What a thread loads to inspect snapshots. */
export { openInspectionPlace as openPlace } from './perform-inspection.ts'
