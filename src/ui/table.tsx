/** A table with a cursor, seen through a window of so many rows; the columns give way to the width. */
import { formatCount } from './format.ts'
import { windowAround } from './layout.ts'
import { Line, Toned } from './line.tsx'
import { useLook } from './look.ts'
import { fitRow, layOutTable, type TableColumn, type TableRow } from './table-layout.ts'

type TableProps = {
  readonly columns: readonly TableColumn[]
  readonly rows: readonly TableRow[]
  /** Null where nothing is chosen and the window begins at `from`. */
  readonly cursor: number | null
  readonly from?: number
  /** Rows of the screen in all, with the titles and the line that says what is out of sight. */
  readonly height: number
  readonly width: number
  readonly titles?: boolean
}

export function Table({ columns, rows, cursor, from = 0, height, width, titles = true }: TableProps) {
  const { symbols } = useLook()
  const lead = 2
  const layout = layOutTable(columns, rows, width - lead)
  const head = titles ? 1 : 0
  const fits = rows.length <= height - head
  const room = Math.max(1, height - head - (fits ? 0 : 1))
  const seen =
    cursor === null
      ? windowAround(
          Math.min(from, Math.max(0, rows.length - room)) + Math.floor(room / 2),
          rows.length,
          room,
        )
      : windowAround(cursor, rows.length, room)
  const above = seen.from
  const below = rows.length - seen.to
  return (
    <>
      {titles && (
        <Line tone="quiet">
          {' '.repeat(lead)}
          {fitRow({ cells: columns.map(({ title }) => ({ text: title })) }, columns, layout, symbols.more)
            .map(({ text }) => text)
            .join('')
            .trimEnd()}
        </Line>
      )}
      {rows.slice(seen.from, seen.to).map((row, index) => (
        <TableLine
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no name of their own, and stand by their place
          key={seen.from + index}
          cells={fitRow(row, columns, layout, symbols.more)}
          isCurrent={cursor === seen.from + index}
        />
      ))}
      {!fits && (
        <Line tone="quiet">
          {' '.repeat(lead)}
          {[above > 0 ? `${formatCount(above)} above` : '', below > 0 ? `${formatCount(below)} below` : '']
            .filter((part) => part !== '')
            .join(` ${symbols.dot} `)}
        </Line>
      )}
    </>
  )
}

function TableLine({
  cells,
  isCurrent,
}: {
  readonly cells: ReturnType<typeof fitRow>
  readonly isCurrent: boolean
}) {
  const { symbols } = useLook()
  return (
    <Line tone={isCurrent ? 'strong' : 'plain'}>
      <Toned tone="mark">{isCurrent ? `${symbols.pointer} ` : '  '}</Toned>
      {cells.map(({ text, tone = 'plain' }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: cells stand by their place
        <Toned key={index} tone={tone}>
          {text}
        </Toned>
      ))}
    </Line>
  )
}
