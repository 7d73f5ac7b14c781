/** The databases, listed while they are being found. */
import type { FoundDatabase } from '../engine/door/index.ts'
import { Busy } from '../ui/busy.tsx'
import { besidePath, formatBytes, formatCount, formatCounted, printable } from '../ui/format.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line, Lines, type Said, Toned } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { Prose } from '../ui/prose.tsx'
import type { Symbols } from '../ui/symbols.ts'
import { Table } from '../ui/table.tsx'
import type { TableColumn, TableRow } from '../ui/table-layout.ts'
import { cutEnd, cutMiddle, toWidth, widest, wrapText } from '../ui/text.ts'
import { TextField } from '../ui/text-field.tsx'
import { Trouble } from '../ui/trouble.tsx'
import type { WizardState } from '../wizard/state/state.ts'
import { isChosen, missingRoles, roleOf, unusableReason } from '../wizard/steps/discovery.ts'
import { Frame } from './frame.tsx'

export const promise = 'Nothing is written to the target before you confirm.'

export function DiscoveryScreen({ state }: { readonly state: WizardState }) {
  const { view } = state.discovery
  return (
    <Frame state={state} promise={promise}>
      {view === 'databases' ? (
        <Databases state={state} />
      ) : view === 'inside' ? (
        <Inside state={state} />
      ) : (
        <PassedOver state={state} />
      )}
    </Frame>
  )
}

const columns: readonly TableColumn[] = [
  { title: '    database', least: 20, cut: 'middle' },
  { title: 'size', align: 'right' },
  { title: 'tables', align: 'right' },
  { title: 'rows', align: 'right' },
  { title: 'journal', drop: 2 },
  { title: 'mapping', drop: 1 },
]

function Databases({ state }: { readonly state: WizardState }) {
  const look = useLook()
  const { discovery } = state
  const { found, adding, search, searching } = discovery
  const width = bodyColumns(look)
  const below = adding !== null ? 6 : bodyRows(look) >= 15 ? 4 : 2
  const listed = found.length === 0 ? 3 : Math.min(found.length + 1, bodyRows(look) - 2 - below)
  return (
    <>
      <Heading state={state} width={width} />
      <Line />
      {found.length === 0 ? (
        <NothingFound state={state} />
      ) : (
        <Table
          columns={columns}
          rows={found.map((database) => rowOf(database, state, look.symbols))}
          cursor={adding === null ? discovery.cursor : null}
          height={listed}
          width={width}
        />
      )}
      <Line />
      {adding !== null ? (
        <Adding state={state} />
      ) : search === 'running' ? (
        <Busy>{searching.length === 0 ? 'Making sample databases' : `Searching ${placesOf(searching)}`}</Busy>
      ) : (
        <Details state={state} rows={Math.max(below - 1, bodyRows(look) - 3 - listed)} />
      )}
    </>
  )
}

function Heading({ state, width }: { readonly state: WizardState; readonly width: number }) {
  const { symbols } = useLook()
  const { found } = state.discovery
  const chosen = found.filter((database) => isChosen(state.discovery, database))
  const bytes = chosen.reduce((total, database) => total + database.bytes, 0)
  const right =
    found.length === 0
      ? ''
      : `${formatCounted(found.length, 'database')} ${symbols.dot} ${formatCount(chosen.length)} chosen, ${formatBytes(bytes)}`
  const left = `Databases in ${cutMiddle(placesOf(state.discovery.paths), width - right.length - 16, symbols.more)}`
  return (
    <Line>
      <Toned tone="strong">{left}</Toned>
      {toWidth(right, width - widest([left]), 'right')}
    </Line>
  )
}

const placesOf = (paths: readonly string[]): string =>
  paths.map((path) => (path === '.' ? 'this folder' : printable(path))).join(', ')

function rowOf(database: FoundDatabase, state: WizardState, symbols: Symbols): TableRow {
  const { health, tables, bytes, journalMode } = database
  const unusable = unusableReason(database) !== null
  const mark = unusable
    ? symbols.unusable
    : isChosen(state.discovery, database)
      ? symbols.chosen
      : symbols.notChosen
  const name = {
    text: `${mark} ${printable(database.database)}`,
    ...(health.kind === 'ok'
      ? {}
      : { tone: health.kind === 'empty' ? ('quiet' as const) : ('warn' as const) }),
  }
  const size = { text: formatBytes(bytes) }
  switch (health.kind) {
    case 'ok':
    case 'unchecked': {
      const rows = countedRows(tables)
      const role = roleOf(database, state.given, state.mapping)
      return {
        cells: [
          name,
          size,
          { text: formatCount(tables.length) },
          { text: formatCount(rows) },
          { text: journalMode === 'wal' ? 'WAL' : 'rollback', tone: 'quiet' },
          role === null ? { text: 'automatic', tone: 'quiet' } : { text: 'gpt-trader', tone: 'good' },
        ],
      }
    }
    case 'empty':
      return { cells: [name, size], rest: { text: 'empty: no tables', tone: 'quiet' } }
    case 'damaged':
      return {
        cells: [name, size],
        rest: { text: damagedWords(tables), tone: 'bad' },
      }
    case 'unreadable':
      return { cells: [name, size], rest: { text: printable(shortly(health.code)), tone: 'bad' } }
    default:
      return health satisfies never
  }
}

function countedRows(tables: FoundDatabase['tables']): number {
  return tables.reduce((total, { rows }) => total + (rows ?? 0), 0)
}

function damagedWords(tables: FoundDatabase['tables']): string {
  return countedRows(tables) === 0
    ? 'damaged; its rows cannot be counted'
    : `damaged; ${formatCounted(tables.length, 'table')} readable`
}

/** `encrypted-or-not-a-database` → `encrypted or not a database`. */
const shortly = (code: string): string => code.replaceAll('-', ' ')

const emptyOffer =
  ' Press a and type the path of a file or a folder, or d for sample data: the six databases of GPT-Trader in ./gpt-migrate-demo.'

function NothingFound({ state }: { readonly state: WizardState }) {
  const { discovery } = state
  if (discovery.search === 'running') return <Line tone="quiet"> Files appear here as they are found.</Line>
  if (discovery.error !== null)
    return <Trouble error={discovery.error} advice="Press a and type the path of a file or a folder." />
  return (
    <>
      <Line> No SQLite database is here.</Line>
      <Prose tone="quiet">{emptyOffer}</Prose>
    </>
  )
}

function Adding({ state }: { readonly state: WizardState }) {
  const look = useLook()
  const { adding, addError, search } = state.discovery
  return (
    <>
      <TextField
        label="Path"
        labelWidth={6}
        value={adding!}
        isFocused
        width={bodyColumns(look) - 10}
        placeholder="a database file, or a folder to search"
      />
      {search === 'running' && <Busy>Searching there</Busy>}
      {addError !== null && <Trouble error={addError} />}
    </>
  )
}

/** Details about the database under the cursor. */
function Details({ state, rows }: { readonly state: WizardState; readonly rows: number }) {
  const look = useLook()
  const { symbols } = look
  const width = bodyColumns(look)
  const { discovery, given, mapping } = state
  const database = discovery.found[discovery.cursor]
  const missing = missingRoles(discovery, given, mapping)
  const lines: Said[] = []
  if (database !== undefined) {
    lines.push({ text: cutMiddle(printable(database.path), width, symbols.more), tone: 'quiet' })
    if ('detail' in database.health) {
      const { kind, detail } = database.health
      const advice = kind === 'damaged' ? ['Choose it, and what can be read of it is moved.'] : []
      for (const sentence of [printable(besidePath(database.path, detail)), ...advice])
        for (const text of wrapText(sentence, width)) lines.push({ text, tone: 'bad' })
    }
  }
  if (missing.length > 0) {
    const text = `${symbols.warning} GPT-Trader databases not found: ${missing.join(', ')}`
    lines.splice(rows - 1, lines.length, { text: cutEnd(text, width, symbols.more), tone: 'warn' })
  } else if (discovery.passedOver.length > 0) {
    const text = `${formatCounted(discovery.passedOver.length, 'path')} passed over: o shows why`
    lines.splice(rows - 1, lines.length, { text, tone: 'quiet' })
  }
  return <Lines lines={lines.slice(0, rows)} />
}

function Inside({ state }: { readonly state: WizardState }) {
  const look = useLook()
  const { discovery } = state
  const database = discovery.found[discovery.cursor]
  if (database === undefined) return null
  return (
    <>
      <Line tone="strong">{printable(database.database)}</Line>
      <Line tone="quiet">{cutMiddle(printable(database.path), bodyColumns(look), look.symbols.more)}</Line>
      <Line />
      {database.tables.length === 0 ? (
        <Line tone="quiet"> No tables that could be counted.</Line>
      ) : (
        <Table
          columns={[
            { title: 'table', least: 20, cut: 'middle' },
            { title: 'rows', align: 'right' },
          ]}
          rows={database.tables.map(({ name, rows }) => ({
            cells: [{ text: printable(name) }, { text: rows === null ? '' : formatCount(rows) }],
          }))}
          cursor={null}
          from={discovery.scroll}
          height={bodyRows(look) - 3}
          width={bodyColumns(look)}
        />
      )}
    </>
  )
}

function PassedOver({ state }: { readonly state: WizardState }) {
  const look = useLook()
  const width = bodyColumns(look)
  const { passedOver, scroll } = state.discovery
  const lines = passedOver
    .slice(scroll)
    .flatMap(({ path, reason }): Said[] => [
      { text: cutMiddle(printable(path), width, look.symbols.more) },
      ...wrapText(`  ${printable(besidePath(path, reason))}`, width).map(
        (text): Said => ({ text, tone: 'quiet' }),
      ),
    ])
  return (
    <>
      <Line tone="strong">Passed over</Line>
      <Line />
      <Lines lines={lines.slice(0, bodyRows(look) - 2)} />
    </>
  )
}
