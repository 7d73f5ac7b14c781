/** Rows of a table before and after, and the statements that create the table. */
import { Busy } from '../ui/busy.tsx'
import { CursorLines } from '../ui/cursor-lines.tsx'
import { printable } from '../ui/format.ts'
import { bodyColumns } from '../ui/layout.ts'
import { Line } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { Prose } from '../ui/prose.tsx'
import { Table } from '../ui/table.tsx'
import { cutEnd } from '../ui/text.ts'
import { Trouble } from '../ui/trouble.tsx'
import { rowCursorOf, sampleRowOf } from '../wizard/steps/preview.ts'
import type { TabProps } from './tab-props.ts'

/** One row at a time, one line per column: before → after. */
export function Sample({ state, table, height }: TabProps) {
  const look = useLook()
  const { preview } = state
  const sample = preview.samples[table.id]
  if (sample === undefined || sample.kind === 'loading') return <Busy>Reading and converting rows</Busy>
  if (sample.kind === 'failed') return <Trouble error={sample.error} />
  const row = sampleRowOf(preview, table)
  if (row === null) return <Line tone="quiet"> The table has no rows.</Line>
  const shown = sample.value.rows.length
  return (
    <>
      <Line tone="quiet">
        {`  Row ${row.ordinal}${shown > 1 ? `, one of ${shown} samples: n shows the next, p the one before` : ''}`}
      </Line>
      {row.refused !== null && (
        <Prose tone="warn">{`  This row would go to quarantine: ${printable(row.refused)}`}</Prose>
      )}
      <Table
        columns={[
          { title: 'column', least: 12, cut: 'middle' },
          { title: 'before', least: 19 },
          { title: 'as', drop: 1 },
          { title: 'after', least: 22 },
        ]}
        rows={row.cells.map(({ target, before, after }) => ({
          cells: [
            { text: printable(target) },
            before === null
              ? { text: look.symbols.none, tone: 'quiet' }
              : {
                  text: printable(before.text),
                  ...(before.storage === 'null' ? { tone: 'quiet' as const } : {}),
                },
            { text: before === null ? '' : before.storage, tone: 'quiet' },
            after === null ? { text: 'null', tone: 'quiet' } : { text: printable(after) },
          ],
        }))}
        cursor={Math.min(rowCursorOf(preview, table), row.cells.length - 1)}
        height={height - (row.refused === null ? 1 : 2)}
        width={bodyColumns(look)}
      />
    </>
  )
}

export function Ddl({ state, table, height }: TabProps) {
  const { symbols, ...look } = useLook()
  const ddl = state.preview.ddl[table.id]
  if (ddl === undefined || ddl.kind === 'loading') return <Busy>Writing the statements</Busy>
  if (ddl.kind === 'failed') return <Trouble error={ddl.error} />
  const lines = ddl.value.trimEnd().split('\n')
  const cursor = Math.min(rowCursorOf(state.preview, table), lines.length - 1)
  return (
    <CursorLines
      count={lines.length}
      cursor={cursor}
      height={height}
      lineAt={(index) => ({
        content: cutEnd(printable(lines[index]!), bodyColumns(look) - 2, symbols.more),
        tone: lines[index]!.startsWith('--') ? 'quiet' : 'plain',
      })}
    />
  )
}
