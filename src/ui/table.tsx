/** A table with a cursor, in a scrolling window; its columns shrink to fit the width. */
import { OutOfSight } from './cursor-lines.tsx'
import { windowAround } from './layout.ts'
import { Line, ListLine, Toned } from './line.tsx'
import { useLook } from './look.ts'
import { fitRow, layOutTable, type TableColumn, type TableRow } from './table-layout.ts'

type TableProps = {
  readonly columns: readonly TableColumn[]
  readonly rows: readonly TableRow[]
  /** Null when no row can be chosen: the window then begins at `from`. */
  readonly cursor: number | null
  readonly from?: number
  /** The screen rows for titles, rows and the count of hidden rows. */
  readonly height: number
  readonly width: number
}

export function Table({ columns, rows, cursor, from = 0, height, width }: TableProps) {
  const { symbols } = useLook()
  const lead = 2
  const layout = layOutTable(columns, rows, width - lead)
  const fits = rows.length <= height - 1
  const room = Math.max(1, height - 1 - (fits ? 0 : 1))
  const seen =
    cursor === null
      ? windowAround(
          Math.min(from, Math.max(0, rows.length - room)) + Math.floor(room / 2),
          rows.length,
          room,
        )
      : windowAround(cursor, rows.length, room)
  return (
    <>
      <Line tone="quiet">
        {' '.repeat(lead)}
        {fitRow({ cells: columns.map(({ title }) => ({ text: title })) }, columns, layout, symbols.more)
          .map(({ text }) => text)
          .join('')
          .trimEnd()}
      </Line>
      {rows.slice(seen.from, seen.to).map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their position
        <ListLine key={seen.from + index} isCurrent={cursor === seen.from + index}>
          {fitRow(row, columns, layout, symbols.more).map(({ text, tone = 'plain' }, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: cells are identified by position
            <Toned key={at} tone={tone}>
              {text}
            </Toned>
          ))}
        </ListLine>
      ))}
      <OutOfSight above={seen.from} below={rows.length - seen.to} />
    </>
  )
}
