/**
 * How much the tests try: little in `npm test`, and always the same, so that a failure is due to the change; much in `npm run
 * test:nightly`, and different values each time. Each number can be set in the environment, and GPT_MIGRATE_SEED repeats the seed that a
 * failed test has printed. docs/development.md lists them.
 */
export const isNight = process.env.GPT_MIGRATE_NIGHTLY === '1'

function breadth(name: string, byDay: number, byNight: number): number {
  return Number(process.env[name] ?? (isNight ? byNight : byDay))
}

/** Runs of a property that needs no server: all of them at night, a quarter by day. */
export const propertyRuns = (byNight: number): number => (isNight ? byNight : Math.ceil(byNight / 4))

/** Kills of the process by kill -9, on each server. */
export const kills = breadth('GPT_MIGRATE_KILLS', 3, 100)
/** Kills of a follower, in each journal mode. */
export const killsOfFollower = breadth('GPT_MIGRATE_FOLLOW_KILLS', 2, 500)
/** Kills of a fallback, of `cutover --back` and of going forward again. */
export const killsOfWayBack = breadth('GPT_MIGRATE_BACK_KILLS', 2, 250)
/** Messages to the server at which a connection fails, for each kind of failure. */
export const faultPoints = breadth('GPT_MIGRATE_FAULTS', 2, 10_000)
/** Generated databases that are moved. */
export const anyDatabases = breadth('GPT_MIGRATE_DATABASES', 6, 500)
/** Generated databases that are moved into generated tables of an application. */
export const anyApplications = breadth('GPT_MIGRATE_APPLICATIONS', 3, 400)
/** Generated databases whose runs are compared with what was forecast. */
export const forecastDatabases = breadth('GPT_MIGRATE_FORECAST', 5, 400)
/** Generated tables of applications that are filled, and compared with what was forecast. */
export const forecastApplications = breadth('GPT_MIGRATE_FORECAST_APPLICATIONS', 3, 200)
/** Generated databases that are moved and written back. */
export const exportedDatabases = breadth('GPT_MIGRATE_EXPORTS', 2, 200)
/** Generated sets of columns that are planned. */
export const plannedTables = breadth('GPT_MIGRATE_PLANS', 20, 3000)
/** Generated tables that are encoded by pages. */
export const encodedTables = breadth('GPT_MIGRATE_ENCODED', 150, 20_000)
/** Generated sets of tables on which each rewrite of a statement is run. */
export const rewrittenTables = breadth('GPT_MIGRATE_REWRITES', 3, 300)
/** Generated selects of each construct that are run on both sides. */
export const triedSelects = breadth('GPT_MIGRATE_SELECTS', 8, 500)
/** Megabytes of the largest BLOB. */
export const blobMegabytes = breadth('GPT_MIGRATE_BLOB_MB', 64, 900)

/** Whether a failed test skips the search for a smaller database that fails too, in which each step is a run. */
export const endOnFailure = process.env.GPT_MIGRATE_SHRINK === undefined

/** The seed of everything generated, in every test. */
export const seed = breadth('GPT_MIGRATE_SEED', 20_251_125, Math.floor(Math.random() * 2 ** 31))
