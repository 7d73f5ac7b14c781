/** The first step: which databases there are, and which of them to move. Pure. */
import type {
  FoundDatabase,
  KnownMapping,
  PassedOver,
  PlainError,
  RunRequest,
} from '../../engine/door/index.ts'
import { movedCursor } from '../../ui/layout.ts'
import { editText, noText, type TextEdit, type TextValue } from '../../ui/text-edit.ts'

export type DiscoveryState = {
  readonly search: 'running' | 'done' | 'failed'
  readonly error: PlainError | null
  /** Numbers the searches: results of earlier ones are dropped. */
  readonly searches: number
  /** The files and folders of the last completed search, or of the first one while it runs. */
  readonly paths: readonly string[]
  /** The files and folders of the search under way. */
  readonly searching: readonly string[]
  readonly found: readonly FoundDatabase[]
  readonly passedOver: readonly PassedOver[]
  /** The person's choices, by path; the other databases are chosen when they are healthy. */
  readonly choices: Readonly<Record<string, boolean>>
  readonly cursor: number
  /** The path being typed; null when none is. */
  readonly adding: TextValue | null
  readonly addError: PlainError | null
  /** The prompt's text when its search began. */
  readonly asked: string | null
  readonly view: 'databases' | 'inside' | 'passed-over'
  readonly scroll: number
}

export type DiscoveryAction =
  | { readonly type: 'database-found'; readonly search: number; readonly database: FoundDatabase }
  | { readonly type: 'path-passed-over'; readonly search: number; readonly passedOver: PassedOver }
  | {
      readonly type: 'search-ended'
      readonly search: number
      readonly databases: readonly FoundDatabase[]
      readonly passedOver: readonly PassedOver[]
    }
  | { readonly type: 'toggle' }
  | { readonly type: 'toggle-all' }
  | { readonly type: 'begin-adding' }

export function beginDiscovery(given: RunRequest): DiscoveryState {
  return {
    search: 'running',
    error: null,
    searches: 1,
    paths: given.sources,
    searching: given.sources,
    found: [],
    passedOver: [],
    choices: {},
    cursor: 0,
    adding: null,
    addError: null,
    asked: null,
    view: 'databases',
    scroll: 0,
  }
}

export function applySearch(
  state: DiscoveryState,
  action: Extract<DiscoveryAction, { type: 'database-found' | 'path-passed-over' | 'search-ended' }>,
): DiscoveryState {
  if (action.search !== state.searches || state.search !== 'running') return state
  switch (action.type) {
    case 'database-found': {
      const others = state.found.filter(({ path }) => path !== action.database.path)
      return { ...state, found: [...others, action.database] }
    }
    case 'path-passed-over':
      return { ...state, passedOver: [...state.passedOver, action.passedOver] }
    case 'search-ended': {
      const { databases, passedOver } = action
      const marked = state.found[state.cursor]?.path
      const at = databases.findIndex(({ path }) => path === marked)
      // The prompt stays open when its text was changed during the search.
      const isAnswered = state.adding?.text.trim() === state.asked
      return {
        ...state,
        search: 'done',
        error: null,
        paths: state.searching,
        found: databases,
        passedOver,
        cursor: at >= 0 ? at : movedCursor(state.cursor, 0, Math.max(1, databases.length)),
        adding: isAnswered ? null : state.adding,
        asked: null,
        addError: null,
      }
    }
    default:
      return action satisfies never
  }
}

export function applyFailedSearch(state: DiscoveryState, search: number, error: PlainError): DiscoveryState {
  if (search !== state.searches || state.search !== 'running') return state
  // A mistyped path can be corrected; the databases found before stay.
  return state.adding === null
    ? { ...state, search: 'failed', error }
    : { ...state, search: 'done', addError: error }
}

/** Returns why a database cannot be moved at all; null when it can. */
export function unusableReason({ health }: FoundDatabase): string | null {
  return health.kind === 'unreadable' ? health.detail : null
}

export function isChosen(state: DiscoveryState, database: FoundDatabase): boolean {
  if (unusableReason(database) !== null) return false
  return state.choices[database.path] ?? database.health.kind === 'ok'
}

export function chosenDatabases(state: DiscoveryState): FoundDatabase[] {
  return state.found.filter((database) => isChosen(state, database))
}

/** Whether a damaged database is chosen: the readable part of it is then moved. */
export function salvages(state: DiscoveryState, given: RunRequest): boolean {
  return given.salvage || chosenDatabases(state).some(({ health }) => health.kind === 'damaged')
}

export function toggle(state: DiscoveryState): DiscoveryState {
  const database = state.found[state.cursor]
  if (database === undefined || unusableReason(database) !== null) return state
  return { ...state, choices: { ...state.choices, [database.path]: !isChosen(state, database) } }
}

/** Chooses all databases, or none when all are chosen already. */
export function toggleAll(state: DiscoveryState): DiscoveryState {
  const usable = state.found.filter((database) => unusableReason(database) === null)
  const choose = !usable.every((database) => isChosen(state, database))
  return { ...state, choices: Object.fromEntries(usable.map(({ path }) => [path, choose])) }
}

/** Starts a search of `paths`; the results of earlier searches are dropped. */
export function beginSearch(state: DiscoveryState, paths: readonly string[]): DiscoveryState {
  const { adding, searches } = state
  const asked = adding === null ? null : adding.text.trim()
  return { ...state, search: 'running', searches: searches + 1, searching: paths, asked, addError: null }
}

/** Closes the prompt; its search is dropped. */
export function endAdding(state: DiscoveryState): DiscoveryState {
  const isVoid = state.search === 'running'
  return {
    ...state,
    search: isVoid ? 'done' : state.search,
    searches: isVoid ? state.searches + 1 : state.searches,
    adding: null,
    addError: null,
  }
}

export function beginAdding(state: DiscoveryState): DiscoveryState {
  return { ...state, adding: noText, addError: null }
}

export function editPath(state: DiscoveryState, edit: TextEdit): DiscoveryState {
  return state.adding === null ? state : { ...state, adding: editText(state.adding, edit), addError: null }
}

/**
 * The value of `--source` for this choice: the searched paths when a run without questions would choose the same databases, else the chosen
 * files.
 */
export function chosenSources(state: DiscoveryState): readonly string[] {
  const usual = state.found.filter(({ health }) => health.kind === 'ok')
  const asUsual =
    usual.every((database) => isChosen(state, database)) &&
    chosenDatabases(state).length === usual.length &&
    state.found.every(({ health }) => health.kind === 'ok' || health.kind === 'empty')
  return asUsual ? state.paths : chosenDatabases(state).map(({ path }) => path)
}

/** `live/trading.db` → `trading.db`; a mapping knows its databases by file name. */
function fileNameOf(database: string): string {
  return database.slice(Math.max(database.lastIndexOf('/'), database.lastIndexOf('\\')) + 1)
}

/** The mapping's database that a file stands for, by `--as` or by its name; null when there is none. */
export function roleOf(
  { database, path }: FoundDatabase,
  given: RunRequest,
  known: KnownMapping,
): string | null {
  if (given.mapping === 'auto') return null
  const named = Object.entries(given.as).find(
    ([file]) => file === database || path === file || path.endsWith(`/${file}`),
  )
  if (named !== undefined) return named[1]
  const name = fileNameOf(database).toLowerCase()
  return known.databases.includes(name) ? name : null
}

/** Whether any chosen file is one of the mapping's databases; if not, the mapping's schemas and extensions do not matter. */
export const isOfMapping = (state: DiscoveryState, given: RunRequest, known: KnownMapping): boolean =>
  chosenDatabases(state).some((database) => roleOf(database, given, known) !== null)

/** The mapping's databases that no chosen file stands for; empty when none of them is chosen. */
export function missingRoles(
  state: DiscoveryState,
  given: RunRequest,
  known: KnownMapping,
): readonly string[] {
  const played = new Set(chosenDatabases(state).map((database) => roleOf(database, given, known)))
  return known.databases.some((name) => played.has(name))
    ? known.databases.filter((name) => !played.has(name))
    : []
}
