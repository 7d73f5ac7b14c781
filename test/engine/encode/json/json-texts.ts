import fc from 'fast-check'

/** JSON texts in all spellings, wrong ones among them; never with U+0000, which no text of PostgreSQL holds. */

const blank = fc.constantFrom('', '', '', ' ', ' ', '\n', '\t ', '\r\n')
const digits = fc.stringMatching(/^[0-9]{1,8}$/)
const number = fc
  .tuple(
    fc.constantFrom('', '', '-'),
    fc.oneof(fc.constantFrom('0', '0', '1', '10', '100'), fc.stringMatching(/^[1-9][0-9]{0,22}$/)),
    fc.oneof(
      fc.constant(''),
      digits.map((text) => `.${text}`),
      fc.constantFrom('.0', '.00', '.10', '.0001'),
    ),
    fc.oneof(
      { arbitrary: fc.constant(''), weight: 3 },
      {
        arbitrary: fc
          .tuple(
            fc.constantFrom('e', 'E'),
            fc.constantFrom('', '+', '-'),
            fc.constantFrom('0', '1', '02', '5', '18', '40'),
          )
          .map((parts) => parts.join('')),
        weight: 1,
      },
    ),
  )
  .map((parts) => parts.join(''))
const characters = fc.oneof(
  {
    arbitrary: fc.constantFrom('a', 'b', 'aa', 'k', '€', 'é', '😀', '/', '\u007f', ' ', "'", '$'),
    weight: 6,
  },
  {
    arbitrary: fc.constantFrom(
      ...[
        '\\n',
        '\\t',
        '\\b',
        '\\f',
        '\\r',
        '\\"',
        '\\\\',
        '\\/',
        '\\u0041',
        '\\u00e9',
        '\\u20AC',
        '\\u001f',
        '\\u001F',
      ],
      ...[
        '\\u0001',
        '\\u000b',
        '\\u000a',
        '\\u0061',
        '\\ud83d\\ude00',
        '\\uD83D\\uDE00',
        '\\u007F',
        '\\uffff',
      ],
    ),
    weight: 3,
  },
)
const string = fc.array(characters, { maxLength: 5 }).map((parts) => `"${parts.join('')}"`)
const scalar = fc.oneof(number, string, fc.constantFrom('true', 'false', 'null'))

export const jsonTexts: fc.Arbitrary<string> = fc.letrec<{ value: string; text: string }>((tie) => ({
  text: fc.tuple(blank, tie('value'), blank).map((parts) => parts.join('')),
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true, maxDepth: 6 },
    scalar,
    fc
      .tuple(blank, fc.array(tie('text'), { maxLength: 5 }))
      .map(([inside, items]) => `[${items.length === 0 ? inside : items.join(',')}]`),
    fc
      .tuple(blank, fc.array(fc.tuple(blank, string, blank, tie('text')), { maxLength: 14 }))
      .map(([inside, members]) =>
        members.length === 0
          ? `{${inside}}`
          : `{${members.map(([before, key, after, value]) => `${before}${key}${after}:${value}`).join(',')}}`,
      ),
    fc
      .array(fc.tuple(string, tie('value')), { maxLength: 4 })
      .map((members) => `{${members.map(([key, value]) => `${key}: ${value}`).join(', ')}}`),
  ),
})).text

const junk = fc.constantFrom(
  ...[
    '"',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '\\',
    '0',
    '-',
    '.',
    'e',
    'tru',
    'NaN',
    "'",
    '\\u',
    '\\u0000',
    '\\ud800',
    '\\udc00',
  ],
  ...[
    '\\x',
    '\u0001',
    '\n',
    '//',
    '\u00a0',
    '\ufeff',
    '1e',
    '+1',
    '01',
    '1.',
    '.5',
    'Infinity',
    '/**/',
    'null',
  ],
)

/** A text with something put in or taken out somewhere. */
export const mutatedTexts: fc.Arbitrary<string> = fc
  .tuple(jsonTexts, fc.double({ min: 0, max: 1, noNaN: true }), junk, fc.nat(2))
  .map(([text, place, put, removed]) => {
    const at = Math.floor(place * text.length)
    return (text.slice(0, at) + put + text.slice(at + removed)).toWellFormed()
  })

const long = 'x'.repeat(5000)
export const hostileTexts: readonly string[] = [
  ...[
    '',
    ' ',
    'nul',
    'nulll',
    'True',
    '-',
    '-a',
    '00',
    '-0',
    '-0.0',
    '-0e-2',
    '0e5',
    '0e-5',
    '1e',
    '1e+',
    '1.e1',
    '1E400',
  ],
  ...[
    '1e131071',
    '1e131072',
    '-1e131071',
    '12.5e131070',
    '0.1e131072',
    '0.1e131073',
    '0.001e131074',
    '0.001e131075',
  ],
  ...[
    '1e-16383',
    '1e-16384',
    '1.0e-16382',
    '1.0e-16383',
    '0e-16383',
    '0e-16384',
    '0e16384',
    '0e1000000',
    '1e99999999999',
  ],
  ...['1e-99999999999', '0.0e1', '100e-2', '1.50e1', '1.50e3', '0.05e1', '12345678901234567890.0e-3'],
  '1'.repeat(131072),
  '1'.repeat(131073),
  `0.${'0'.repeat(16383)}`,
  `0.${'1'.repeat(16384)}`,
  `0.${'0'.repeat(20000)}1e20000`,
  ...[
    '"\\u0000"',
    '{"\\u0000":1}',
    '"\\ud800"',
    '"\\udc00"',
    '"\\ud800\\ud800"',
    '"\\udc00\\ud800"',
    '"\\ud83dx"',
    '"\\u12"',
  ],
  ...[
    '"\\ud83d\\n"',
    '"\\ud83d\\ude0"',
    '"\\u00E9"',
    '"\t"',
    '"\u007f"',
    '"\\a"',
    '"',
    '"\\',
    '"\\"',
    '{"a"}',
    '{"a":}',
    '{,}',
  ],
  ...[
    '{"a":1,}',
    '[1,]',
    '[,1]',
    '[1 2]',
    '{1:2}',
    '{"a":1 "b":2}',
    '[}',
    '{]',
    '1 2',
    '[1]]',
    '\ufeff{}',
    '[1],',
    '{"a":1}}',
  ],
  ...[
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"b":1,"a":{"d":1,"c":2,"d":3}}',
    '{"":1,"b":2,"aa":3,"é":4,"":5}',
  ],
  '{"b":{"b":{"b":1,"a":2},"a":[{"z":1,"y":2}]},"a":3}',
  `{"${long}b":1,"${long}a":2,"z":"${long}","a\\n":"${long}\\/"}`,
  `{${Array.from({ length: 3000 }, (_, i) => `"${(i * 7919) % 1000}":${i}`).join(',')}}`,
  `${'['.repeat(1000)}${']'.repeat(1000)}`,
  `${'{"b":1,"a":'.repeat(999)}{}${'}'.repeat(999)}`,
]

/** Mostly objects and arrays that jsonb takes. */
export const documentTexts: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: jsonTexts.map((json) => (/^[[{]/.test(json) ? json : `[${json}]`)), weight: 40 },
  { arbitrary: fc.oneof(jsonTexts, mutatedTexts, fc.constantFrom(...hostileTexts)), weight: 1 },
  {
    arbitrary: fc.constantFrom(
      ...['{"$blob": "AAAA"}', '{"$real": "1"}', '["$a"]', '{ "$blob": "AAAA"}', '[]$', ' []', '[], '],
    ),
    weight: 1,
  },
)
