/** Chooses the face of a run, before Ink is loaded. Pure. */

export type Surroundings = {
  readonly stdinIsTerminal: boolean
  readonly stdoutIsTerminal: boolean
  readonly columns: number
  readonly rows: number
  /** The TERM variable. */
  readonly term: string | undefined
  readonly ci: boolean
  readonly json: boolean
  readonly plain: boolean
}

type Face = 'wizard' | 'plain' | 'json'

/** The smallest terminal that the screens fit. */
export const smallestTerminal = { columns: 60, rows: 16 } as const

export function chooseFace(around: Surroundings): Face {
  if (around.json) return 'json'
  const interactive =
    around.stdinIsTerminal && around.stdoutIsTerminal && !around.ci && around.term !== 'dumb'
  const roomy = around.columns >= smallestTerminal.columns && around.rows >= smallestTerminal.rows
  return interactive && roomy && !around.plain ? 'wizard' : 'plain'
}

/** Whether a run without questions may rewrite its lines: only in a terminal that is wide enough, and not in CI. */
export function chooseDisplay(around: Omit<Surroundings, 'json' | 'plain'>): 'moving' | 'plain' {
  const isTerminal = around.stdoutIsTerminal && !around.ci && around.term !== 'dumb'
  return isTerminal && around.columns >= smallestTerminal.columns && around.rows >= smallestTerminal.rows
    ? 'moving'
    : 'plain'
}
