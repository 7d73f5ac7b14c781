/** The server's settings that matter to its operators. */
export type OperationFacts = {
  readonly maxConnections: number
  readonly autovacuum: boolean
  readonly statisticsTarget: number
  readonly walLevel: string | null
  readonly archives: boolean
  /** Number of standbys that are streaming. */
  readonly replicas: number
  readonly statements: {
    /** Schema of pg_stat_statements; null when it is not created. */
    readonly schema: string | null
    readonly isLoaded: boolean
    readonly isAvailable: boolean
  }
}

/** A step for operators after the migration. */
export type OperationStep = {
  readonly topic: string
  readonly sentence: string
  /** A shell command, or SQL when `inPsql`; works as printed. */
  readonly command: string
  /** Whether the command is SQL for psql, because the server cannot be reached at present. */
  readonly inPsql?: true
}
