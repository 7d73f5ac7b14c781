import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conversionTo } from '../../../../src/engine/plan/evidence/conversion-to.ts'
import { typeColumn } from '../../../../src/engine/plan/typing/type-column.ts'
import { anyCharacter } from '../../../support/any-character.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { usualOptions } from '../../../support/plan-options.ts'
import { censusOf, censusOfValues, columnOf, factsOf, integersOf } from '../samples.ts'

function typeOf(declared: string, values: Parameters<typeof censusOfValues>[0], change = {}) {
  return typeColumn(factsOf(columnOf(declared), censusOfValues(values), change), null)
}
const blob = (...bytes: number[]) => Uint8Array.from(bytes)

describe('a declaration that the values bear out', () => {
  it.each([
    ['INTEGER', [1n, 2n], 'bigint'],
    ['INTEGER', [9223372036854775807n], 'bigint'],
    ['integer unsigned', [1n], 'bigint'],
    ['INTEGER NON', [1n], 'bigint'],
    ['LONG', [1n], 'bigint'],
    ['REAL', [1.5], 'double precision'],
    ['FLOAT', [1.5, Number.POSITIVE_INFINITY], 'double precision'],
    ['DECIMAL(10,2)', [5n, 99999999n], 'numeric(10,2)'],
    ['NUMERIC(12,5)', [1.25, 3n], 'numeric'],
    ['decimal', [1.25], 'numeric'],
    ['BOOLEAN', [0n, 1n], 'boolean'],
    ['tinyint(1)', [0n, 1n], 'boolean'],
    ['BIT', [1n], 'boolean'],
    ['boolean', ['t', 'f'], 'boolean'],
    ['BOOLEAN', ['True', 'False'], 'boolean'],
    ['DATE', ['2024-02-29'], 'date'],
    ['DATETIME', ['2024-01-01 10:00:00'], 'timestamp without time zone'],
    ['datetime(6)', ['2024-01-01 10:00:00.123456'], 'timestamp without time zone'],
    ['timestamp without time zone', ['2024-01-01T10:00'], 'timestamp without time zone'],
    ['TIMESTAMP', ['2024-01-01T10:00:00.123Z'], 'timestamp with time zone'],
    ['DATETIME', [1700000000000n], 'timestamp with time zone'],
    ['TIMESTAMP', [1700000000n, 0n], 'timestamp with time zone'],
    ['time', ['10:00:00'], 'time without time zone'],
    ['varchar(5)', ['äöüßé'], 'character varying(5)'],
    ['CHAR(3)', ['abc'], 'character varying(3)'],
    ['NVARCHAR(255)', ['x'], 'character varying(255)'],
    ['LONGVARCHAR', ['x'], 'text'],
    ['TEXT(36)', ['x'], 'text'],
    ['STRING', ['x', 7n], 'text'],
    ['GUID', ['6f9619ff-8b86-d011-b42d-00cf4fc964ff'], 'uuid'],
    ['char(36)', ['6f9619ff-8b86-d011-b42d-00cf4fc964ff'], 'uuid'],
    ['char(32)', ['6f9619ff8b864011b42d00cf4fc964ff'], 'uuid'],
    ['char(32)', ['d41d8cd98f00b204e9800998ecf8427e'], 'character varying(32)'],
    ['uuid', [new Uint8Array(16)], 'uuid'],
    ['BLOB', [new Uint8Array(16)], 'bytea'],
    ['GEOMETRY', [blob(1)], 'bytea'],
    ['POINT', [blob(1)], 'bytea'],
    ['JSON', ['{"a": 1}'], 'json'],
    ['JSONB', ['[1]'], 'jsonb'],
    ['', ['x'], 'text'],
    ['', [1n], 'bigint'],
    ['ADDRESS', ['Main St'], 'text'],
  ] as const)('%s of %s is %s', (declared, values, type) => {
    const { type: chosen, findings } = typeOf(declared, values)
    expect(chosen).toBe(type)
    expect(findings.filter(({ severity }) => severity === 'warning')).toEqual([])
  })
})

describe('a declaration that the values contradict', () => {
  it.each([
    ['INTEGER', [1n, 'n/a'], 'text', 'mixed-classes'],
    ['INTEGER', [1n, 1.5], 'double precision', 'mixed-classes'],
    ['INTEGER', [2n ** 60n, 1.5], 'numeric', 'mixed-classes'],
    ['INTEGER', [1n, blob(1)], 'jsonb', 'mixed-classes'],
    ['TEXT', ['x', blob(255)], 'bytea', 'mixed-classes'],
    ['TEXT', [blob(104)], 'bytea', 'type-differs'],
    ['BLOB', ['text'], 'text', 'type-differs'],
    ['BOOLEAN', [0n, 2n], 'bigint', 'type-differs'],
    ['BOOLEAN', ['maybe'], 'text', 'type-differs'],
    ['REAL', ['n/a', 1.5], 'text', 'mixed-classes'],
    ['DECIMAL(4,2)', [12345n], 'numeric', 'type-differs'],
    ['DECIMAL(4,2)', [Number.POSITIVE_INFINITY, 1n], 'double precision', 'type-differs'],
    ['varchar(3)', ['abcd'], 'text', 'text-longer-than-declared'],
    ['DATE', ['2024-01-01 10:00:00'], 'timestamp without time zone', 'type-differs'],
    ['DATETIME', ['', '2024-01-01'], 'text', 'not-all-times'],
    ['DATETIME', ['2024-01-01T00:00:00Z', '2024-01-01 00:00:00'], 'text', 'zones-mixed'],
    ['DATETIME', ['2024-01-01 00:00:00.1234567'], 'text', 'time-finer-than-microseconds'],
    ['DATETIME', ['2024-01-01 00:00:00.1234567Z'], 'text', 'time-finer-than-microseconds'],
    ['DATETIME', [1700000000n, 1700000000000n], 'bigint', 'type-differs'],
    ['DATETIME', [0n], 'bigint', 'type-differs'],
    ['DATE', [20240131n], 'bigint', 'type-differs'],
    ['DATETIME', [1700000000n, '2024-01-01'], 'text', 'mixed-classes'],
    ['uuid', ['not one'], 'text', 'type-differs'],
    ['JSON', ['{"a":1}', ''], 'text', 'type-differs'],
    ['JSON', ['NaN'], 'text', 'type-differs'],
  ] as const)('%s of %s widens to %s (%s)', (declared, values, type, code) => {
    const { type: chosen, findings } = typeOf(declared, values)
    expect([chosen, findings[0]?.code]).toEqual([type, code])
  })

  it('counts what disagrees', () => {
    const { findings } = typeOf('INTEGER', [1n, 2n, 3n, 'n/a'])
    expect(findings[0]).toMatchObject({ count: 1, column: 'c' })
    expect(findings[0]!.message).toBe(
      'Column "c" holds values of several kinds (3 integers, 1 text); it becomes text, which holds them all.',
    )
  })

  it('keeps the declared type under strict types and says that rows will be quarantined', () => {
    const { type, conversion, findings } = typeOf('INTEGER', [1n, 'n/a'], { strictTypes: true })
    expect([type, conversion.kind, findings[0]?.code]).toEqual(['bigint', 'integer', 'strict-types'])
    expect(typeOf('', [1n, 'x'], { strictTypes: true }).type).toBe('text')
  })
})

describe('times as numbers', () => {
  it('are never rounded: fractions of epoch seconds and nanoseconds stay numbers', () => {
    expect(typeOf('TIMESTAMP', [1700000000.25]).type).toBe('double precision')
    expect(typeOf('TIMESTAMP', [1700000000000000001n]).type).toBe('bigint')
    expect(typeOf('TIMESTAMP', [1700000000.25]).findings[0]?.code).toBe('time-kept-as-number')
  })
  it('are Julian days as REALs, and Core Data seconds by the name', () => {
    const julian = typeOf('DATETIME', [2460310.5, 2460311.25])
    expect(julian).toMatchObject({ type: 'timestamp with time zone', conversion: { epoch: 'julian-days' } })
    const column = columnOf('TIMESTAMP', { name: 'ZCREATED' })
    const core = typeColumn(factsOf(column, censusOfValues([725846400.0])), null)
    expect(core).toMatchObject({
      type: 'timestamp with time zone',
      conversion: { epoch: 'core-data-seconds' },
    })
  })
  it('stay integers in a column that is declared INTEGER', () => {
    expect(typeOf('INTEGER', [1700000000n]).type).toBe('bigint')
  })
})

it('an empty column follows its declaration', () => {
  const empty = (declared: string, change = {}) =>
    typeColumn(factsOf(columnOf(declared), censusOf(), change), null).type
  expect(empty('DECIMAL(10,2)')).toBe('numeric(10,2)')
  expect(empty('DATETIME')).toBe('timestamp without time zone')
  expect(empty('timestamptz')).toBe('timestamp with time zone')
  expect(empty('BLOB')).toBe('bytea')
  expect(empty('')).toBe('text')
  expect(empty('ADDRESS')).toBe('text')
  expect(empty('DECIMAL(2000,2)')).toBe('numeric')
  expect(empty('bool')).toBe('boolean')
  expect(empty('INTEGER', { int4WhenFits: true })).toBe('integer')
  expect(empty('BIGINT', { int4WhenFits: true })).toBe('bigint')
})

it('int4 is used only on demand and only when everything fits', () => {
  const options = { ...usualOptions, int4WhenFits: true }
  expect(
    typeColumn(factsOf(columnOf('INTEGER'), integersOf(-2147483648, 2147483647), options), null).type,
  ).toBe('integer')
  expect(typeColumn(factsOf(columnOf('INTEGER'), integersOf(0, 2147483648), options), null).type).toBe(
    'bigint',
  )
})

it('nul-byte: texts with U+0000 are announced', () => {
  const { findings } = typeOf('TEXT', ['a\0b'])
  expect(findings).toMatchObject([{ code: 'nul-in-text', count: 1 }])
})

it('the usual spelling is known from the few values, so that the inverse can write it', () => {
  expect(typeOf('DATETIME', ['2024-01-01T10:00:00.123Z']).conversion).toMatchObject({
    form: { storage: 'text', separator: 'T', fraction: 3, zone: 'Z' },
  })
  expect(typeOf('boolean', ['f']).conversion).toEqual({ kind: 'boolean', form: 't' })
  expect(typeOf('uuid', ['6F9619FF-8B86-D011-B42D-00CF4FC964FF']).conversion).toEqual({
    kind: 'uuid',
    form: 'upper',
  })
})

/** The slow, obvious question: has each value an image in the type? */
function takes(type: string, value: null | bigint | number | string | Uint8Array): boolean {
  if (value === null || type === 'jsonb' || type === 'json') return true
  if (type === 'text') return !(value instanceof Uint8Array)
  if (type === 'bytea') return typeof value === 'string' || value instanceof Uint8Array
  if (type === 'bigint') return typeof value === 'bigint'
  if (type === 'double precision')
    return typeof value === 'number' || BigInt(Number(value as bigint)) === value
  if (type === 'boolean') return /^(0|1|t|f|true|false|y|n|yes|no)$/i.test(String(value))
  if (type.startsWith('character')) {
    return typeof value !== 'object' && [...String(value)].length <= Number(/\d+/.exec(type))
  }
  if (type === 'numeric') return Number.isFinite(Number(value))
  if (type.startsWith('numeric'))
    return typeof value === 'bigint' && value > -(10n ** 8n) && value < 10n ** 8n
  if (type === 'uuid')
    return typeof value === 'string' ? value.length >= 32 : (value as Uint8Array).length === 16
  if (type.startsWith('timestamp')) return typeof value !== 'object'
  if (type === 'date') return typeof value === 'string' && value.length === 10
  if (type.startsWith('time')) return typeof value === 'string'
  return false
}

it('no declaration makes a column lose a value (property)', () => {
  const value = fc.oneof(
    fc.constant(null),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.constantFrom(0n, 1n, 1700000000n),
    fc.double({ noNaN: true }),
    fc.string({ unit: anyCharacter, maxLength: 12 }),
    fc.constantFrom(
      't',
      'f',
      '2024-01-01',
      '10:00',
      '12.5',
      '{"a":1}',
      '6f9619ff-8b86-d011-b42d-00cf4fc964ff',
    ),
    fc.uint8Array({ maxLength: 17 }),
  )
  const declared = fc.constantFrom(
    ...'INTEGER,REAL,TEXT,BLOB,,BOOLEAN,DATE,DATETIME,TIMESTAMP,TIME,UUID,JSON,JSONB,DECIMAL(10,2),NUMERIC,VARCHAR(5),CHAR(36),POINT,STRING,bit'.split(
      /,(?![0-9])/,
    ),
  )
  fc.assert(
    fc.property(declared, fc.array(value, { maxLength: 6 }), (type, values) => {
      const typing = typeOf(type, values)
      for (const one of values) expect(takes(typing.type, one), `${type} → ${typing.type}: ${one}`).toBe(true)
      expect(conversionTo(typing.type, factsOf(columnOf(type), censusOfValues(values)))).toEqual(
        typing.conversion,
      )
    }),
    { numRuns: propertyRuns(3000) },
  )
})
