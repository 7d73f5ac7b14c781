/**
 * Draws a recorded terminal frame as SVG. Pure: the same frame yields the same bytes. Each piece of text is fitted to the terminal's grid,
 * so that columns align in whatever monospace font the reader has.
 */

export type Scheme = 'light' | 'dark'

type Look = {
  readonly bold: boolean
  readonly dim: boolean
  readonly underline: boolean
  readonly inverse: boolean
  /** 0 to 15, or null for the terminal's default. */
  readonly colour: number | null
}

/** Text of one look, starting at a column. */
type Piece = Look & { readonly column: number; readonly text: string }

const plain: Look = { bold: false, dim: false, underline: false, inverse: false, colour: null }

const cellWidth = 8.4
const cellHeight = 18
const margin = 16
const baseline = 13

type Palette = {
  readonly background: string
  readonly border: string
  readonly text: string
  readonly dim: string
  /** The 8 colours and their bright variants. */
  readonly colours: readonly string[]
}

// Every colour has a contrast of at least 4.5 with its background (WCAG 2.2, 1.4.3).
const palettes: Readonly<Record<Scheme, Palette>> = {
  light: {
    background: '#ffffff',
    border: '#d1d9e0',
    text: '#1f2328',
    dim: '#59636e',
    colours: [
      ...['#1f2328', '#b31d28', '#176f2c', '#7d4e00', '#0550ae', '#6639ba', '#0b6470', '#59636e'],
      ...['#59636e', '#b31d28', '#176f2c', '#7d4e00', '#0550ae', '#6639ba', '#0b6470', '#1f2328'],
    ],
  },
  dark: {
    background: '#0d1117',
    border: '#3d444d',
    text: '#e6edf3',
    dim: '#9198a1',
    colours: [
      ...['#9198a1', '#ff7b72', '#56d364', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#e6edf3'],
      ...['#9198a1', '#ff7b72', '#56d364', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#ffffff'],
    ],
  },
}

/** The look after one parameter of an SGR sequence. */
function lookAfter(look: Look, parameter: number): Look {
  if (parameter === 0) return plain
  if (parameter === 1) return { ...look, bold: true }
  if (parameter === 2) return { ...look, dim: true }
  if (parameter === 4) return { ...look, underline: true }
  if (parameter === 7) return { ...look, inverse: true }
  if (parameter >= 30 && parameter <= 37) return { ...look, colour: parameter - 30 }
  if (parameter >= 90 && parameter <= 97) return { ...look, colour: parameter - 90 + 8 }
  return look
}

/** The pieces of a line. Runs of blanks separate pieces even of the same look, so that long gaps are not stretched text. */
function piecesOf(line: string): readonly Piece[] {
  const pieces: Piece[] = []
  let look = plain
  let column = 0
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an SGR sequence begins with ESC
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the same
    const sequence = /^\u001b\[([\d;]*)m$/.exec(part)
    if (sequence !== null) {
      for (const parameter of sequence[1]!.split(';')) look = lookAfter(look, Number(parameter))
      continue
    }
    for (const [text] of part.matchAll(/ {2,}|(?:[^ ]| (?! ))+/g)) {
      if (text.trim() !== '' || look.inverse) pieces.push({ ...look, column, text })
      column += [...text].length
    }
  }
  return pieces
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const number = (value: number): string => String(Math.round(value * 10) / 10)

function drawPiece(piece: Piece, row: number, palette: Palette): string {
  const ink =
    piece.colour === null ? (piece.dim ? palette.dim : palette.text) : palette.colours[piece.colour]!
  const length = [...piece.text].length
  const x = number(margin + piece.column * cellWidth)
  const width = number(length * cellWidth)
  const attributes = [
    `x="${x}"`,
    `y="${number(margin + row * cellHeight + baseline)}"`,
    `textLength="${width}"`,
    ...(piece.bold ? ['font-weight="700"'] : []),
    ...(piece.underline ? ['text-decoration="underline"'] : []),
    `fill="${piece.inverse ? palette.background : ink}"`,
  ]
  const behind = piece.inverse
    ? `<rect x="${x}" y="${number(margin + row * cellHeight)}" width="${width}" height="${cellHeight}" fill="${ink}"/>\n`
    : ''
  return `${behind}<text ${attributes.join(' ')}>${escaped(piece.text)}</text>`
}

/** The text of a frame without colours. */
function frameText(frame: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an SGR sequence begins with ESC
  return frame.replaceAll(/\u001b\[[\d;]*m/g, '')
}

/** The picture of a frame, with `title` and, as its description, the frame's text. */
export function drawFrame(frame: string, title: string, scheme: Scheme): string {
  const palette = palettes[scheme]
  const lines = frame.trimEnd().split('\n')
  const columns = Math.max(...lines.map((line) => [...frameText(line)].length), 80)
  const width = Math.ceil(columns * cellWidth + 2 * margin)
  const height = lines.length * cellHeight + 2 * margin
  const drawn = lines.flatMap((line, row) => piecesOf(line).map((piece) => drawPiece(piece, row, palette)))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">
<title id="title">${escaped(title)}</title>
<desc id="desc">${escaped(frameText(frame).trimEnd())}</desc>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${palette.background}" stroke="${palette.border}"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace" font-size="14" xml:space="preserve" aria-hidden="true">
${drawn.join('\n')}
</g>
</svg>
`
}
