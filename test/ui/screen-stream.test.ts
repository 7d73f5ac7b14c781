/** Frames on the alternate screen, in a terminal emulator whose size is another one than that for which they were laid out. */
import xterm from '@xterm/headless'
import { expect, it } from 'vitest'
import { screenStream } from '../../src/ui/screen-stream.ts'

const frame = (name: string, width: number, rows: number): string =>
  Array.from({ length: rows }, (_, row) => `${name} ${row} `.padEnd(width, '.')).join('\n')

/** As Ink erases so many rows before it draws the next frame. */
const erased = (rows: number): string => `${'\u001b[2K\u001b[1A'.repeat(rows - 1)}\u001b[2K\u001b[G`

it('a frame of the earlier size leaves nothing behind, whether it was too wide, too high or both', async () => {
  for (const [width, rows] of [
    [100, 5],
    [40, 15],
    [100, 15],
    [60, 9],
  ] as const) {
    const terminal = new xterm.Terminal({ cols: 60, rows: 10, allowProposedApi: true, convertEol: true })
    const stream = screenStream({ write: (text: string) => void terminal.write(text) } as never)
    stream.write('\u001b[?1049h')
    stream.write(`${frame('earlier', width, rows)}\n`)
    stream.write(`${erased(rows + 1)}${frame('now', 30, 6)}\n`)
    await new Promise<void>((resolve) => terminal.write('', resolve))
    const { active } = terminal.buffer
    const shown = Array.from({ length: 10 }, (_, row) => active.getLine(row)?.translateToString(true) ?? '')
    expect(shown.join('\n').trimEnd()).toBe(frame('now', 30, 6))
  }
})
