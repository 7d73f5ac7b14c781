/** The program in a real pseudo-terminal, as a person drives it, and a terminal emulator that reads what they would see. */
import { fileURLToPath } from 'node:url'
import { type IPty, spawn } from '@lydell/node-pty'
import xterm from '@xterm/headless'

const launcher = fileURLToPath(new URL('../../bin/gpt-migrate.js', import.meta.url))

type TerminalOptions = {
  readonly columns: number
  readonly rows: number
  readonly args?: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

const keys: Readonly<Record<string, string>> = {
  enter: '\r',
  escape: '\u001b',
  tab: '\t',
  up: '\u001b[A',
  down: '\u001b[B',
  home: '\u001b[H',
  'ctrl+c': '\u0003',
  'ctrl+u': '\u0015',
}

/** How long a busy machine may take for what comes next. */
const patienceMs = 90_000

/** Ends what a terminal is to show at once. */
const FRAME_END = '\u001b[?2026l'

export class Terminal {
  readonly #pty: IPty
  readonly #screen: xterm.Terminal
  readonly #exit: Promise<number>
  /** Everything that was written, as it was. */
  raw = ''

  constructor({ columns, rows, args = [], cwd, env = {} }: TerminalOptions) {
    this.#screen = new xterm.Terminal({ cols: columns, rows, scrollback: 5000, allowProposedApi: true })
    // What the shell had printed before: it must still be there afterwards, once.
    this.#screen.write('what stood here before\r\n$ gpt-migrate\r\n')
    this.#pty = spawn(process.execPath, [launcher, ...args], {
      name: env.TERM ?? 'xterm-256color',
      cols: columns,
      rows,
      cwd,
      env: { PATH: process.env.PATH ?? '', HOME: cwd, LANG: 'C.UTF-8', TERM: 'xterm-256color', ...env },
    })
    this.#pty.onData((data) => {
      this.raw += data
      this.#screen.write(data)
    })
    this.#exit = new Promise((resolve) => this.#pty.onExit(({ exitCode }) => resolve(exitCode)))
  }

  /** What is on the screen now. */
  get text(): string {
    const { active } = this.#screen.buffer
    return this.#lines(active.baseY, active.baseY + this.#screen.rows)
  }

  /** What is on the screen now, with its colours as SGR sequences: each line begins plain. */
  get coloured(): string {
    const { active } = this.#screen.buffer
    const lines: string[] = []
    for (let row = 0; row < this.#screen.rows; row++) {
      const line = active.getLine(active.baseY + row)
      if (line !== undefined) lines.push(colouredLine(line))
    }
    return lines.join('\n').trimEnd()
  }

  /** The primary screen with all that scrolled away. */
  get history(): string {
    return this.#lines(0, this.#screen.buffer.normal.length, this.#screen.buffer.normal)
  }

  get isOnAlternateScreen(): boolean {
    return this.#screen.buffer.active.type === 'alternate'
  }

  /** Whether the cursor was left visible, by the last word on it. */
  get isCursorVisible(): boolean {
    return this.raw.lastIndexOf('\u001b[?25h') >= this.raw.lastIndexOf('\u001b[?25l')
  }

  #lines(from: number, to: number, buffer = this.#screen.buffer.active): string {
    const lines: string[] = []
    for (let row = from; row < to; row++) lines.push(buffer.getLine(row)?.translateToString(true) ?? '')
    return lines.join('\n').trimEnd()
  }

  async sees(...expected: readonly (string | RegExp)[]): Promise<void> {
    await this.#until(
      () =>
        expected.every((some) =>
          typeof some === 'string' ? this.text.includes(some) : some.test(this.text),
        ),
      () => `never seen: ${expected.join(', ')}\n${this.text}`,
    )
  }

  /** Waits until the next frame is on the screen: one that is under way while a terminal is resized is broken by the terminal. */
  async draws(): Promise<void> {
    const before = this.raw.length
    await this.#until(
      () => this.raw.length > before && this.raw.endsWith(FRAME_END),
      () => 'nothing was drawn',
    )
    await new Promise<void>((resolve) => this.#screen.write('', resolve))
  }

  press(...names: readonly string[]): void {
    for (const name of names) this.#pty.write(keys[name] ?? name)
  }

  type(text: string): void {
    this.#pty.write(text)
  }

  paste(text: string): void {
    this.#pty.write(`\u001b[200~${text}\u001b[201~`)
  }

  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows)
    this.#pty.resize(columns, rows)
  }

  kill(signal: string): void {
    this.#pty.kill(signal)
  }

  /** The exit code, once everything it wrote has been read. */
  async ended(): Promise<number> {
    const code = await this.#exit
    await new Promise<void>((resolve) => this.#screen.write('', resolve))
    return code
  }

  async #until(isSo: () => boolean, complain: () => string): Promise<void> {
    const deadline = Date.now() + patienceMs
    while (!isSo()) {
      if (Date.now() > deadline) throw new Error(complain())
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Ends the program when a test failed before its end. */
  [Symbol.dispose](): void {
    try {
      this.#pty.kill('SIGKILL')
    } catch {
      // It has ended already.
    }
    this.#screen.dispose()
  }
}

/** The line with an SGR sequence wherever the look changes, and none at its blank end. */
function colouredLine(line: xterm.IBufferLine): string {
  const end = line.translateToString(true).trimEnd().length
  let text = ''
  let look = ''
  for (let column = 0; column < line.length && column < end; column++) {
    const cell = line.getCell(column)
    if (cell === undefined || cell.getWidth() === 0) continue
    const next = lookOf(cell)
    if (next !== look) text += `\u001b[${['0', next].filter((part) => part !== '').join(';')}m`
    look = next
    text += cell.getChars() || ' '
  }
  return look === '' ? text : `${text}\u001b[0m`
}

/** The parameters of the SGR sequence for a cell; empty for plain text. Colours are those of the 16. */
function lookOf(cell: xterm.IBufferCell): string {
  const colour = (number: number, base: number): number =>
    number < 8 ? base + number : base + 60 + number - 8
  return [
    cell.isBold() ? 1 : undefined,
    cell.isDim() ? 2 : undefined,
    cell.isUnderline() ? 4 : undefined,
    cell.isInverse() ? 7 : undefined,
    cell.isFgPalette() ? colour(cell.getFgColor(), 30) : undefined,
    cell.isBgPalette() ? colour(cell.getBgColor(), 40) : undefined,
  ]
    .filter((parameter) => parameter !== undefined)
    .join(';')
}
