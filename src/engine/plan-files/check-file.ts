/**
 * Checks a file's value against its published JSON Schema. Invariant: the first error is reported in words, with its place in the file and
 * a suggestion for a misspelt name.
 */
import { readFileSync } from 'node:fs'
import type { ErrorObject, ValidateFunction } from 'ajv'
import { MigrateError } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import { loadAjv } from './packages.ts'
import type { FilePath, YamlFile } from './yaml-file.ts'

type SchemaName = 'mapping' | 'plan'

const compiled = new Map<SchemaName, ValidateFunction>()

function validatorOf(name: SchemaName): ValidateFunction {
  const known = compiled.get(name)
  if (known !== undefined) return known
  const file = new URL(`../../../schemas/${name}.schema.json`, import.meta.url)
  const { Ajv } = loadAjv()
  const ajv = new Ajv({ discriminator: true, verbose: true, strict: false, allErrors: true })
  const validate = ajv.compile(JSON.parse(readFileSync(file, 'utf8')) as object)
  compiled.set(name, validate)
  return validate
}

/** Throws a MigrateError of kind `plan` for the first thing that the schema does not allow. */
export function checkFile(read: YamlFile, schema: SchemaName): void {
  const validate = validatorOf(schema)
  if (validate(read.value)) return
  const errors = (validate.errors ?? []).filter(({ keyword }) => keyword !== 'if')
  const error = errors.toSorted((a, b) => rankOf(b) - rankOf(a))[0]
  if (error === undefined) throw refuse(read.place([]), 'it does not fit its schema')
  throw refusalOf(read, error)
}

/** When all alternatives fail, the deepest error describes best what was meant. */
function rankOf({ instancePath, keyword }: ErrorObject): number {
  const depth = instancePath.split('/').length * 10
  if (keyword === 'anyOf' || keyword === 'oneOf') return depth
  // A misspelt name explains more than the missing name that it causes.
  return depth + (keyword === 'type' || keyword === 'required' ? 1 : 2)
}

function pathOf({ instancePath }: ErrorObject): FilePath {
  return instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}

function refusalOf(read: YamlFile, error: ErrorObject): MigrateError {
  const path = pathOf(error)
  const what = path.length === 0 ? 'the file' : path.join('.')
  const shown = clip(what)
  switch (error.keyword) {
    case 'additionalProperties': {
      const { additionalProperty: name } = error.params as { additionalProperty: string }
      const known = Object.keys((error.parentSchema as { properties?: object })?.properties ?? {})
      const close = nearest(name.slice(0, 100), known)
      const hint = close === null ? `It takes ${known.join(', ')}.` : `Did you mean ${close}?`
      return refuse(read.place([...path, name], 'key'), `${shown} takes no "${clip(name)}"`, hint)
    }
    case 'required': {
      const { missingProperty } = error.params as { missingProperty: string }
      return refuse(read.place(path), `${shown} lacks "${missingProperty}"`)
    }
    case 'enum':
    case 'const':
    case 'discriminator': {
      const allowed = allowedOf(error)
      const given = error.keyword === 'discriminator' ? tagOf(error) : error.data
      const place =
        error.keyword === 'discriminator'
          ? read.place([...path, (error.params as { tag: string }).tag])
          : read.place(path)
      const close = typeof given === 'string' ? nearest(given.slice(0, 100), allowed) : null
      return refuse(
        place,
        `${shown} takes ${allowed.join(', ')}, not ${clip(JSON.stringify(given) ?? 'nothing')}`,
        close === null ? undefined : `Did you mean ${close}?`,
      )
    }
    case 'type': {
      const { type } = error.params as { type: string }
      return refuse(
        read.place(path),
        `${shown} must be ${kindNames[type] ?? type}, not ${clip(kindOf(error.data))}`,
      )
    }
    case 'pattern':
      return refuse(read.place(path), `${shown} cannot be ${clip(JSON.stringify(error.data))}`)
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
    case 'minLength':
    case 'minItems':
    case 'propertyNames':
      return refuse(read.place(path), `${shown} ${error.message ?? 'is too long'}`)
    default:
      return refuse(read.place(path), `${shown} ${error.message ?? 'does not fit'}`)
  }
}

function allowedOf({ keyword, params, schema, parentSchema }: ErrorObject): string[] {
  if (keyword === 'enum') return (params as { allowedValues: unknown[] }).allowedValues.map(String)
  if (keyword === 'const') return [String((params as { allowedValue: unknown }).allowedValue)]
  const tag = (schema as { propertyName: string }).propertyName
  const variants = (parentSchema as { oneOf: { properties: Record<string, { const: string }> }[] }).oneOf
  return variants.map(({ properties }) => properties[tag]!.const)
}

function tagOf({ params }: ErrorObject): unknown {
  return (params as { tagValue: unknown }).tagValue
}

const kindNames: Readonly<Record<string, string>> = {
  object: 'a map of names',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return JSON.stringify(value) ?? String(value)
}

export function clip(text: string): string {
  return text.length > 100 ? `${text.slice(0, 99)}…` : text
}

/** Returns the error about a place in a file. */
export function refuse(place: string, what: string, hint?: string): MigrateError {
  return new MigrateError('plan', 'file-invalid', `${place}: ${what}.`, {
    hint: hint ?? 'docs/mapping-files.md shows what a file may hold.',
  })
}
