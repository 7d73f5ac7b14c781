/** The run's events as JSON, one object a line: for programs. */

import type { RunEvent } from '../engine/door/index.ts'
import { printableJson } from '../engine/door/index.ts'
import type { LineFace } from './plain-lines.ts'

export function jsonLines(print: (line: string) => void): LineFace {
  return { onEvent: (event: RunEvent) => print(printableJson(event)) }
}
