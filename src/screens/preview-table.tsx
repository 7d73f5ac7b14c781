/** One table of the plan: its columns, sample rows, DDL and findings. */
import { formatCounted, printable } from '../ui/format.ts'
import { bodyColumns, bodyRows } from '../ui/layout.ts'
import { Line, Toned } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { Prose } from '../ui/prose.tsx'
import { cutEnd } from '../ui/text.ts'
import type { WizardState } from '../wizard/state/state.ts'
import { listedOf } from '../wizard/steps/plan-findings.ts'
import { sourceNameOf, targetNameOf } from '../wizard/steps/plan-names.ts'
import { openedTable, rowCursorOf, type TableTab, tableTabs } from '../wizard/steps/preview.ts'
import { FindingList } from './findings-list.tsx'
import { Columns } from './preview-columns.tsx'
import { Ddl, Sample } from './preview-sample.tsx'
import type { TabProps } from './tab-props.ts'

export function OpenedTable({ state }: { readonly state: WizardState }) {
  const { symbols, ...look } = useLook()
  const { preview } = state
  const table = openedTable(preview)!
  const { plan } = preview.prepared!
  const width = bodyColumns(look)
  const title = `${printable(sourceNameOf(table))} ${symbols.to} ${printable(targetNameOf(table, plan))}`
  const rows = formatCounted(plan.sourceRows[table.id] ?? 0, 'row')
  return (
    <>
      <Line>
        <Toned tone="strong">{cutEnd(title, width - rows.length - 3, symbols.more)}</Toned>
        <Toned tone="quiet">{`   ${rows}`}</Toned>
      </Line>
      <Tabs tab={preview.tab} findings={listedOf(plan, table).length} />
      <Line />
      <Tab state={state} table={table} plan={plan} height={bodyRows(look) - 3} />
    </>
  )
}

const tabTitles: Readonly<Record<TableTab, string>> = {
  columns: 'Columns',
  sample: 'Sample rows',
  ddl: 'DDL',
  findings: 'Findings',
}

function Tabs({ tab, findings }: { readonly tab: TableTab; readonly findings: number }) {
  const { colours, spoken } = useLook()
  return (
    <Line>
      {tableTabs.map((known) => {
        const title = known === 'findings' ? `${tabTitles[known]} (${findings})` : tabTitles[known]
        const isCurrent = known === tab
        return (
          <Toned key={known} tone={isCurrent ? 'mark' : 'quiet'}>
            {isCurrent && (!colours || spoken) ? `[${title}]` : ` ${title} `}
            {'  '}
          </Toned>
        )
      })}
    </Line>
  )
}

function Tab(props: TabProps) {
  const { state, table, plan, height } = props
  const { tab } = state.preview
  const rowCursor = rowCursorOf(state.preview, table)
  if (tab === 'findings') {
    const findings = listedOf(plan, table)
    return findings.length === 0 ? (
      <Line tone="quiet"> No findings.</Line>
    ) : (
      <FindingList findings={findings} cursor={Math.min(rowCursor, findings.length - 1)} height={height} />
    )
  }
  if (table.fate.kind === 'exclude') return <Prose>{`  Left out: ${printable(table.fate.reason)}`}</Prose>
  if (table.fate.kind === 'fold') return <Folded {...props} />
  switch (tab) {
    case 'columns':
      return <Columns {...props} />
    case 'sample':
      return <Sample {...props} />
    case 'ddl':
      return <Ddl {...props} />
    default:
      return tab satisfies never
  }
}

function Folded({ table, plan }: TabProps) {
  return (
    <Prose>
      {`  Its rows become JSON in ${printable(targetNameOf(table, plan))}: each row of the parent holds an array of its own, with all their columns.`}
    </Prose>
  )
}
