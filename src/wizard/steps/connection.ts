/** The second step: the target. Each kind of address keeps its typed text while another kind is chosen. Pure. */
import { type Answer, type PlainError, type RunRequest, trialText } from '../../engine/door/index.ts'
import { editText, noText, type TextEdit, type TextValue, textValue } from '../../ui/text-edit.ts'
import { expandHome, homeOf } from './home.ts'

export const targetKinds = ['url', 'fields', 'embedded'] as const
export type TargetKind = (typeof targetKinds)[number]

export const fieldNames = ['host', 'port', 'database', 'user', 'password', 'sslmode'] as const
export type FieldName = (typeof fieldNames)[number]
/** What has the focus: the list of kinds, or a field of the chosen kind. */
type Focus = 'kind' | 'url' | 'urlPassword' | 'folder' | FieldName

export type TargetTest = Answer<'testTarget'>

type Tested =
  | { readonly kind: 'untested' }
  | { readonly kind: 'testing'; readonly id: number; readonly creating: boolean }
  | { readonly kind: 'failed'; readonly error: PlainError }
  | { readonly kind: 'passed'; readonly test: TargetTest }

export type ConnectionState = {
  readonly kind: TargetKind
  /** The home folder, for a `~` in a path. */
  readonly home: string | null
  readonly focus: Focus
  readonly values: Readonly<Record<Exclude<Focus, 'kind'>, TextValue>>
  /** Where the proposed address comes from: `DATABASE_URL`, `PG* variables`, `--target`; null when nothing named a target. */
  readonly origin: string | null
  readonly tested: Tested
  /** Numbers the tests: each test and each change of the address increases it, and replies to older numbers are dropped. */
  readonly tests: number
  /** Enter was pressed during the test: continue as soon as it passes. */
  readonly proceedWhenPassed: boolean
  readonly view: 'address' | 'unfinished' | 'start-over' | 'unfinished-report' | 'finished'
  readonly unfinishedChoice: UnfinishedChoice
  /** The database's name, typed to confirm the removal of an unfinished run. */
  readonly typedName: TextValue
  readonly resolving: 'none' | 'resuming' | 'starting-over'
  readonly resolveError: PlainError | null
  /** The finished run that the person has reviewed: it is not asked about again. */
  readonly passedRun: string | null
}

export const unfinishedChoices = ['resume', 'report', 'start-over'] as const
export type UnfinishedChoice = (typeof unfinishedChoices)[number]

export function beginConnection(given: RunRequest): ConnectionState {
  const { target, env } = given.target
  const isEmbedded = target === 'embedded' || target?.startsWith('embedded:') === true
  const url = target !== null && !isEmbedded ? target : (env.DATABASE_URL ?? '')
  const hasVariables = ['PGHOST', 'PGPORT', 'PGDATABASE', 'PGUSER', 'PGSERVICE'].some(
    (name) => (env[name] ?? '') !== '',
  )
  const kind: TargetKind = isEmbedded ? 'embedded' : url !== '' ? 'url' : hasVariables ? 'fields' : 'embedded'
  const origin =
    target !== null ? '--target' : url !== '' ? 'DATABASE_URL' : hasVariables ? 'PG* variables' : null
  const folder = isEmbedded && target !== 'embedded' ? target!.slice('embedded:'.length) : ''
  return {
    kind,
    home: homeOf(given),
    focus: 'kind',
    values: {
      url: textValue(url),
      urlPassword: noText,
      folder: textValue(folder === '' ? joined(given.workFolder, 'postgres') : folder),
      host: textValue(env.PGHOST ?? (hasVariables ? '' : 'localhost')),
      port: textValue(env.PGPORT ?? ''),
      database: textValue(env.PGDATABASE ?? ''),
      user: textValue(env.PGUSER ?? ''),
      password: noText,
      sslmode: textValue(env.PGSSLMODE ?? ''),
    },
    origin,
    tested: { kind: 'untested' },
    tests: 0,
    proceedWhenPassed: false,
    view: 'address',
    unfinishedChoice: 'resume',
    typedName: noText,
    resolving: 'none',
    resolveError: null,
    passedRun: null,
  }
}

export const lastTime = 'the last run in this folder'

/** Fills in the target of the last run, provided none was named, and nothing was typed or tested yet. */
export function recalled(state: ConnectionState, target: string | null): ConnectionState {
  if (target === null || state.origin !== null || state.tests > 0) return state
  const isEmbedded = target.startsWith('embedded:')
  const value = textValue(isEmbedded ? target.slice('embedded:'.length) : target)
  return {
    ...state,
    kind: isEmbedded ? 'embedded' : 'url',
    origin: lastTime,
    values: isEmbedded ? { ...state.values, folder: value } : { ...state.values, url: value },
  }
}

const joined = (folder: string, name: string): string => `${folder.replace(/[/\\]+$/, '')}/${name}`

/** The order in which Tab moves the focus. */
function focusOrder(state: ConnectionState): readonly Focus[] {
  switch (state.kind) {
    case 'url':
      return ['kind', 'url', 'urlPassword']
    case 'fields':
      return ['kind', ...fieldNames]
    case 'embedded':
      return ['kind', 'folder']
    default:
      return state.kind satisfies never
  }
}

export function moveFocus(state: ConnectionState, by: 1 | -1): ConnectionState {
  const order = focusOrder(state)
  const at = order.indexOf(state.focus)
  return { ...state, focus: order[(at + by + order.length) % order.length]! }
}

export function chooseKind(state: ConnectionState, kind: TargetKind): ConnectionState {
  return kind === state.kind ? state : untested({ ...state, kind, focus: 'kind' })
}

/** Voids the test after the address has changed. */
function untested(state: ConnectionState): ConnectionState {
  return { ...state, tested: { kind: 'untested' }, tests: state.tests + 1, proceedWhenPassed: false }
}

/** Chooses the next kind, from the last one the first. */
export function nextKind(state: ConnectionState, by: 1 | -1): ConnectionState {
  const at = targetKinds.indexOf(state.kind) + by
  return chooseKind(state, targetKinds[(at + targetKinds.length) % targetKinds.length]!)
}

export function editAddress(state: ConnectionState, edit: TextEdit): ConnectionState {
  if (state.focus === 'kind') return state
  const before = state.values[state.focus]
  const after = editText(before, edit)
  const url = state.focus === 'host' ? /postgres(ql)?:\/\/.*$/.exec(after.text) : null
  if (url !== null) {
    const values = {
      ...state.values,
      host: textValue(after.text.slice(0, url.index)),
      url: textValue(url[0]),
    }
    return untested({ ...state, kind: 'url', focus: 'url', values })
  }
  const values = { ...state.values, [state.focus]: after }
  return before.text === after.text ? { ...state, values } : untested({ ...state, values })
}

/** What the test found out about the target; null until a test has passed. */
export const passedTest = ({ connection }: { readonly connection: ConnectionState }): TargetTest | null =>
  connection.tested.kind === 'passed' ? connection.tested.test : null

/** The address as `--target` takes it; null when only the environment names it. */
export function targetText(state: ConnectionState): string | null {
  const text = (name: Exclude<Focus, 'kind'>): string => state.values[name].text.trim()
  switch (state.kind) {
    case 'embedded':
      return `embedded:${expandHome(text('folder'), state.home)}`
    case 'url':
      return withPassword(text('url'), state.values.urlPassword.text)
    case 'fields': {
      const pairs = fieldNames
        .map((name) => [
          name === 'database' ? 'dbname' : name,
          name === 'password' ? state.values.password.text : text(name),
        ])
        .filter(([, value]) => value !== '')
        .map(([name, value]) => `${name}='${value!.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`)
      return pairs.length === 0 ? null : pairs.join(' ')
    }
    default:
      return state.kind satisfies never
  }
}

function withPassword(address: string, password: string): string {
  if (password === '') return address
  if (URL.canParse(address)) {
    const url = new URL(address)
    url.password = encodeURIComponent(password)
    return url.href
  }
  return `${address} password='${password.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** Returns what is missing before a connection can be tested; null when nothing is. */
export function missingAnswer(state: ConnectionState): string | null {
  if (state.kind === 'url' && state.values.url.text.trim() === '')
    return state.focus === 'kind'
      ? 'Paste the address of the database, or press tab and type it.'
      : 'Type or paste the address of the database.'
  if (state.kind === 'embedded' && state.values.folder.text.trim() === '')
    return 'Name a folder for the server.'
  return null
}

/** Returns the field in which the error can be corrected. */
export function focusAfter(state: ConnectionState, error: PlainError): Focus {
  const inUrl: Focus = 'url'
  const byCode: Readonly<Record<string, Focus>> = {
    'wrong-password': state.kind === 'url' ? 'urlPassword' : 'password',
    'no-such-role': state.kind === 'url' ? inUrl : 'user',
    'host-unknown': state.kind === 'url' ? inUrl : 'host',
    'host-unreachable': state.kind === 'url' ? inUrl : 'host',
    'connection-refused': state.kind === 'url' ? inUrl : 'host',
    'target-address-invalid': state.kind === 'url' ? inUrl : 'host',
    'tls-refused': state.kind === 'url' ? inUrl : 'sslmode',
    'tls-required': state.kind === 'url' ? inUrl : 'sslmode',
  }
  return state.kind === 'embedded' ? 'kind' : (byCode[error.code] ?? 'kind')
}

/** Returns what the server refuses us, as a sentence; null when nothing. */
export function obstacleOf({ probe }: TargetTest): string | null {
  const refused = probe.trials?.find(({ outcome }) => outcome === 'refused')
  return refused === undefined ? null : trialText(refused)
}
