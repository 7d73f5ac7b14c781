/** An interrupted run on this target: resume it, review it, or remove it and start over. */

import { Busy } from '../ui/busy.tsx'
import { Choices } from '../ui/choices.tsx'
import { formatCount, formatCounted, printable } from '../ui/format.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { Prose } from '../ui/prose.tsx'
import { Table } from '../ui/table.tsx'
import { cutMiddle } from '../ui/text.ts'
import { Trouble } from '../ui/trouble.tsx'
import { TypedName } from '../ui/typed-name.tsx'
import type { WizardState } from '../wizard/state/state.ts'
import { passedTest, type UnfinishedChoice, unfinishedChoices } from '../wizard/steps/connection.ts'
import { sourceNameOf, targetNameOf } from '../wizard/steps/plan-names.ts'

const titles: Readonly<Record<UnfinishedChoice, string>> = {
  resume: 'Resume it where it stopped',
  report: 'Look at it first',
  'start-over': 'Remove what it created, and start over',
}

export function Unfinished({ state }: { readonly state: WizardState }) {
  const { connection } = state
  const unfinished = passedTest(state)?.unfinished
  if (unfinished == null) return null
  const { record, rowsDone, rowsInAll } = unfinished
  return (
    <>
      <Prose tone="strong">{`Run ${record.run} was interrupted on this target`}</Prose>
      <Prose>{`${formatCount(rowsDone)} of ${formatCounted(rowsInAll, 'row')} are there, ${stageOf(record.status)}; begun ${timeOf(record.startedAt)}.`}</Prose>
      <Line />
      <Choices titles={titles} choices={unfinishedChoices} marked={connection.unfinishedChoice} />
      <Line />
      {connection.resolving === 'resuming' && <Busy>Comparing its snapshots with their checksums</Busy>}
      {connection.resolveError !== null && <Trouble error={connection.resolveError} />}
    </>
  )
}

export function UnfinishedReport({ state }: { readonly state: WizardState }) {
  const look = useLook()
  const unfinished = passedTest(state)?.unfinished
  if (unfinished == null) return null
  const { record, rowsDone, rowsInAll, rowsQuarantined } = unfinished
  const width = bodyColumns(look)
  return (
    <>
      <Line tone="strong">{`Run ${record.run}, begun ${timeOf(record.startedAt)} by version ${record.programVersion}`}</Line>
      <Line>{`${formatCount(rowsDone)} of ${formatCounted(rowsInAll, 'row')} done, ${formatCount(rowsQuarantined)} in quarantine; ${stageOf(record.status)}`}</Line>
      <Line tone="quiet">
        {cutMiddle(`snapshots ${printable(record.snapshots[0]?.file ?? 'gone')}`, width, look.symbols.more)}
      </Line>
      <Line />
      <Table
        columns={[
          { title: 'source', least: 16, cut: 'name' },
          { title: 'target', least: 16, cut: 'name' },
          { title: 'rows', align: 'right' },
        ]}
        rows={record.plan.tables.map((table) => ({
          cells: [
            { text: printable(sourceNameOf(table)) },
            { text: printable(targetNameOf(table, record.plan)) },
            { text: formatCount(record.plan.sourceRows[table.id] ?? 0) },
          ],
        }))}
        cursor={null}
        height={bodyRows(look) - 4}
        width={width}
      />
    </>
  )
}

export function StartOver({ state }: { readonly state: WizardState }) {
  const test = passedTest(state)
  const { connection } = state
  if (test?.unfinished == null) return null
  const { address, unfinished } = test
  return (
    <>
      <Line tone="strong">{`Remove run ${unfinished.record.run} and start over`}</Line>
      <Line />
      <Prose>{`All tables that it created in ${printable(address.database)} go, with ${formatCounted(unfinished.rowsDone, 'row')}. The source files and everything else in the database stay.`}</Prose>
      <Line />
      <TypedName database={address.database} value={connection.typedName} />
      <Line />
      {connection.resolving === 'starting-over' && <Busy>Removing it</Busy>}
      {connection.resolveError !== null && <Trouble error={connection.resolveError} />}
    </>
  )
}

function stageOf(status: string): string {
  switch (status) {
    case 'creating':
      return 'it was creating tables'
    case 'copying':
      return 'it was copying'
    case 'indexing':
      return 'it was building keys and indexes'
    case 'verifying':
      return 'it was verifying'
    case 'removing':
      return 'it was being removed'
    default:
      return status
  }
}

const timeOf = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
