/** What a thread loads to judge rows before the run. */
export { openJudgingPlace as openPlace } from './perform-judging.ts'
