/**
 * How programming languages write their string literals, as far as they may contain SQL. Invariant: files in languages that are not listed
 * have no literals; no code of a source file is ever executed.
 */

/** One way to write a literal. */
export type StringForm = {
  /** Matches the opening quote with its prefix. */
  readonly open: RegExp
  /** The closing quote; `$1` stands for the first group of `open`. */
  readonly close: string
  /** How a quote or another character is written inside. */
  readonly escapes: 'backslash' | 'doubled' | 'quote-only' | 'none'
  readonly multiline: boolean
  /** How a value that is only known at run time is interpolated. */
  readonly holes: HoleForm
  /** The closing quote is on a line of its own. */
  readonly isHeredoc?: true
  /** The quotes are brackets, which may be nested in pairs. */
  readonly isPaired?: true
}

export type HoleForm =
  | 'none'
  | 'braces'
  | 'dollar-braces'
  | 'hash-braces'
  | 'dollar-names'
  | 'paren-backslash'

export type Language = {
  readonly name: string
  readonly extensions: readonly string[]
  readonly lineComments: readonly string[]
  readonly blockComments: readonly (readonly [string, string])[]
  readonly strings: readonly StringForm[]
  /** The operator between two literals that become one. */
  readonly join: string
  /** Adjacent literals become one. */
  readonly joinsAdjacent: boolean
  /** A slash in the place of a value opens a regular expression. */
  readonly hasRegexes?: true
  /** The marks between which the file is code; absent when all of it is. */
  readonly island?: readonly [RegExp, RegExp]
}

const form = (
  open: RegExp,
  close: string,
  escapes: StringForm['escapes'],
  multiline = false,
  holes: HoleForm = 'none',
): StringForm => ({ open, close, escapes, multiline, holes })

const stars = [['/*', '*/']] as const
const likeC = { lineComments: ['//'], blockComments: stars, join: '+', joinsAdjacent: false } as const
const double = form(/"/y, '"', 'backslash')
const single = form(/'/y, "'", 'backslash')
const text = form(/"""/y, '"""', 'backslash', true)

const paired = (prefix: RegExp, escapes: StringForm['escapes'], holes: HoleForm = 'none'): StringForm[] =>
  ['()', '{}', '[]'].map((pair) => ({
    ...form(new RegExp(`${prefix.source}\\${pair[0]!}`, 'y'), pair[1]!, escapes, true, holes),
    isPaired: true,
  }))

/** `%r`, `%w` and similar forms hold no SQL, but may contain quotes. */
const ruby = {
  lineComments: ['#'],
  blockComments: [['\n=begin', '\n=end']],
  strings: [
    { ...form(/<<[~-]?'([A-Z]\w*)'/y, '$1', 'none', true), isHeredoc: true },
    { ...form(/<<[~-]?"?([A-Z]\w*)"?/y, '$1', 'backslash', true, 'hash-braces'), isHeredoc: true },
    form(/"/y, '"', 'backslash', true, 'hash-braces'),
    form(/'/y, "'", 'quote-only', true),
    ...paired(/%q/, 'quote-only'),
    ...paired(/%Q?/, 'backslash', 'hash-braces'),
    ...paired(/%[rwWiIxs]/, 'backslash'),
    form(/%[rwWiIxs]([|!/])/y, '$1', 'backslash', true),
  ],
  join: '+',
  joinsAdjacent: true,
  hasRegexes: true,
} as const satisfies Omit<Language, 'name' | 'extensions'>

export const languages: readonly Language[] = [
  {
    name: 'Python',
    extensions: ['py', 'pyi', 'pyw', 'ipynb'],
    lineComments: ['#'],
    blockComments: [],
    strings: [
      form(/(?:[tf]r|r[tf])("""|''')/iy, '$1', 'none', true, 'braces'),
      form(/[tf]("""|''')/iy, '$1', 'backslash', true, 'braces'),
      form(/(?:r|br|rb)("""|''')/iy, '$1', 'none', true),
      form(/[bu]?("""|''')/iy, '$1', 'backslash', true),
      form(/(?:[tf]r|r[tf])("|')/iy, '$1', 'none', false, 'braces'),
      form(/[tf]("|')/iy, '$1', 'backslash', false, 'braces'),
      form(/(?:r|br|rb)("|')/iy, '$1', 'none'),
      form(/[bu]?("|')/iy, '$1', 'backslash'),
    ],
    join: '+',
    joinsAdjacent: true,
  },
  {
    name: 'JavaScript',
    extensions: ['js', 'mjs', 'cjs', 'jsx', 'ts', 'mts', 'cts', 'tsx', 'vue', 'svelte'],
    ...likeC,
    strings: [double, single, form(/`/y, '`', 'backslash', true, 'dollar-braces')],
    hasRegexes: true,
  },
  { name: 'Ruby', extensions: ['rb', 'rake', 'ru'], ...ruby },
  { name: 'ERB', extensions: ['erb'], ...ruby, island: [/<%[=-]?/g, /-?%>/g] },
  {
    name: 'PHP',
    extensions: ['php', 'phtml', 'inc'],
    lineComments: ['//', '#'],
    blockComments: stars,
    strings: [
      { ...form(/<<<\s*'(\w+)'/y, '$1', 'none', true), isHeredoc: true },
      { ...form(/<<<\s*"?(\w+)"?/y, '$1', 'backslash', true, 'dollar-names'), isHeredoc: true },
      form(/"/y, '"', 'backslash', true, 'dollar-names'),
      form(/'/y, "'", 'quote-only', true),
    ],
    join: '.',
    joinsAdjacent: false,
    island: [/<\?(?:php|=)?/g, /\?>/g],
  },
  {
    name: 'Go',
    extensions: ['go'],
    ...likeC,
    strings: [form(/`/y, '`', 'none', true), double, single],
  },
  {
    name: 'Java',
    extensions: ['java', 'groovy', 'scala'],
    ...likeC,
    strings: [text, double, single],
  },
  {
    name: 'Kotlin',
    extensions: ['kt', 'kts', 'dart'],
    ...likeC,
    strings: [
      form(/"""/y, '"""', 'none', true, 'dollar-names'),
      form(/"/y, '"', 'backslash', false, 'dollar-names'),
      form(/r?'''/y, "'''", 'none', true, 'dollar-names'),
      form(/'/y, "'", 'backslash', false, 'dollar-names'),
    ],
    joinsAdjacent: true,
  },
  {
    name: 'C#',
    extensions: ['cs', 'fs', 'vb'],
    ...likeC,
    strings: [
      form(/\$+"""/y, '"""', 'none', true, 'braces'),
      form(/"""/y, '"""', 'none', true),
      form(/(?:\$@|@\$)"/y, '"', 'doubled', true, 'braces'),
      form(/@"/y, '"', 'doubled', true),
      form(/\$"/y, '"', 'backslash', false, 'braces'),
      double,
      single,
    ],
  },
  {
    name: 'Rust',
    extensions: ['rs'],
    ...likeC,
    strings: [
      form(/b?r(#+)"/y, '"$1', 'none', true),
      form(/b?r"/y, '"', 'none', true),
      form(/b?"/y, '"', 'backslash', true),
    ],
  },
  {
    name: 'Swift',
    extensions: ['swift'],
    ...likeC,
    strings: [
      form(/"""/y, '"""', 'backslash', true, 'paren-backslash'),
      form(/"/y, '"', 'backslash', false, 'paren-backslash'),
    ],
  },
  {
    name: 'C',
    extensions: ['c', 'h', 'cc', 'cpp', 'cxx', 'hpp', 'hh', 'm', 'mm'],
    ...likeC,
    strings: [form(/R"(\w*)\(/y, ')$1"', 'none', true), double, single],
    joinsAdjacent: true,
  },
  {
    name: 'Elixir',
    extensions: ['ex', 'exs'],
    lineComments: ['#'],
    blockComments: [],
    strings: [
      form(/"""/y, '"""', 'backslash', true, 'hash-braces'),
      form(/"/y, '"', 'backslash', true, 'hash-braces'),
      form(/~[sS]\(/y, ')', 'none', true),
    ],
    join: '<>',
    joinsAdjacent: false,
  },
]

/** `extension`: in lower case, without the dot. Returns null for an unknown one. */
export function languageOf(extension: string): Language | null {
  return languages.find(({ extensions }) => extensions.includes(extension)) ?? null
}
