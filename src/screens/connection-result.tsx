/** The result of the connection test. */
import { type KnownMapping, trialsSentence } from '../engine/door/index.ts'
import { Busy } from '../ui/busy.tsx'
import { formatCounted, printable } from '../ui/format.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line, Toned } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { Prose } from '../ui/prose.tsx'
import { cutEnd, wrapText } from '../ui/text.ts'
import { Trouble } from '../ui/trouble.tsx'
import type { WizardState } from '../wizard/state/state.ts'
import { adviceFor } from '../wizard/steps/advice.ts'
import { missingAnswer, obstacleOf, type TargetTest } from '../wizard/steps/connection.ts'
import { isOfMapping } from '../wizard/steps/discovery.ts'
import { targetLabel } from '../wizard/steps/target-label.ts'

export function Result({ state }: { readonly state: WizardState }) {
  const { connection } = state
  const { tested, kind } = connection
  switch (tested.kind) {
    case 'untested':
      return (
        <Line tone="quiet">
          {`  ${missingAnswer(connection) ?? (kind === 'embedded' ? 'Enter starts it; it is empty until you confirm.' : 'Enter tests the connection.')}`}
        </Line>
      )
    case 'testing':
      return (
        <Busy>
          {tested.creating
            ? 'Creating the database'
            : kind === 'embedded'
              ? 'Starting PostgreSQL; the first time takes some seconds'
              : 'Connecting'}
        </Busy>
      )
    case 'failed':
      return <Trouble error={tested.error} advice={adviceFor(tested.error, kind)} />
    case 'passed':
      return <Passed test={tested.test} state={state} />
    default:
      return tested satisfies never
  }
}

function Passed({ test, state }: { readonly test: TargetTest; readonly state: WizardState }) {
  const { symbols, ...look } = useLook()
  const width = bodyColumns(look)
  const most = bodyRows(look) >= ROOMY_ROWS ? 2 : 1
  const obstacle = obstacleOf(test)
  const { discovery, given } = state
  const mapping = isOfMapping(discovery, given, state.mapping) ? state.mapping : null
  const fact = (name: string, text: string) => {
    const shown = wholeClauses(text, width - 15, most)
    return shown.map((line, index) => (
      <Line key={`${name} ${line}`}>
        <Toned tone="quiet">{`    ${(index === 0 ? name : '').padEnd(11)}`}</Toned>
        {cutEnd(line, width - 15, symbols.more)}
      </Line>
    ))
  }
  return (
    <>
      {wrapText(`PostgreSQL ${test.probe.version}: ${printable(targetLabel(test))}`, width - 4).map(
        (line, index) => (
          <Line key={line}>
            <Toned tone="good">{index === 0 ? `  ${symbols.done} ` : '    '}</Toned>
            {line}
          </Line>
        ),
      )}
      {fact('rights', rightsOf(test))}
      {test.probe.trials !== undefined && fact('probe', trialsSentence(test.probe.trials))}
      {mapping !== null && fact('extensions', extensionsOf(test, mapping))}
      {fact('holds', holdingsOf(test, mapping))}
      {obstacle !== null &&
        wrapText(obstacle, width - 4).map((line, index) => (
          <Line key={line} tone="bad">
            {index === 0 ? `  ${symbols.error} ` : '    '}
            {line}
          </Line>
        ))}
      {test.unfinished !== null && (
        <Prose tone="warn">{`  ${symbols.warning} A run was interrupted here: press enter to resume it or not.`}</Prose>
      )}
    </>
  )
}

/** Wraps to at most `most` lines; a longer text loses whole clauses at its end. */
function wholeClauses(text: string, width: number, most: number): readonly string[] {
  const clauses = text.split('; ')
  for (let count = clauses.length; count > 0; count--) {
    const lines = wrapText(clauses.slice(0, count).join('; '), width)
    if (lines.length <= most) return lines
    if (count === 1) return [...lines.slice(0, most - 1), lines.slice(most - 1).join(' ')]
  }
  return []
}

function rightsOf({ rights }: TargetTest): string {
  const may = [
    rights.createSchema ? 'create schemas' : null,
    rights.superuser ? 'install any extension' : null,
    !rights.createSchema && rights.writableSchemas.length > 0
      ? `create tables in ${rights.writableSchemas.join(', ')}`
      : null,
  ].filter((part) => part !== null)
  return may.length === 0 ? 'may not create anything' : `may ${may.join(', ')}`
}

function extensionsOf({ probe }: TargetTest, mapping: KnownMapping): string {
  const has = (name: string): boolean =>
    probe.availableExtensions.includes(name) || probe.installedExtensions.includes(name)
  const there = mapping.extensions.filter(has)
  const absent = mapping.extensions.filter((name) => !has(name))
  const parts = [
    there.length > 0 ? there.join(', ') : null,
    absent.length > 0 ? `without ${absent.join(', ')}` : null,
  ]
  return parts.filter((part) => part !== null).join('; ')
}

/** `mapping`: null when none of the databases belongs to the mapping, so that its schemas do not matter. */
function holdingsOf({ probe }: TargetTest, mapping: KnownMapping | null): string {
  if (probe.existing.length === 0) return 'nothing yet: all names are free'
  const schemas = [...new Set(probe.existing.map(({ schema }) => schema))]
  const tables = `${formatCounted(probe.existing.length, 'table')} in ${schemas.map(printable).join(', ')}`
  return mapping !== null && !mapping.schemas.some((name) => schemas.includes(name))
    ? `${tables}; ${mapping.schemas.join(', ')} are free`
    : tables
}

/** When the body has fewer rows, self-evident facts are left out. */
export const ROOMY_ROWS = 18
