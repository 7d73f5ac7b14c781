/** What the server says of how it is run. */
export type OperationFacts = {
  readonly maxConnections: number
  readonly autovacuum: boolean
  readonly statisticsTarget: number
  readonly walLevel: string | null
  readonly archives: boolean
  /** Standbys that stream now. */
  readonly replicas: number
  readonly statements: {
    /** Schema of pg_stat_statements; null where it is not created. */
    readonly schema: string | null
    readonly isLoaded: boolean
    readonly isAvailable: boolean
  }
}

/** What to see to once the data is in PostgreSQL. */
export type OperationStep = {
  readonly topic: string
  readonly sentence: string
  /** For a shell, or, where `inPsql`, for psql: as it stands. */
  readonly command: string
  /** The address cannot be connected to now, so the command is SQL for a session of psql. */
  readonly inPsql?: true
}
