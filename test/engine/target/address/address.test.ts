import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MigrateError } from '../../../../src/engine/model/errors.ts'
import {
  describeAddress,
  isThisMachine,
  publicUrl,
  redact,
  resolveTarget,
} from '../../../../src/engine/target/address/address.ts'
import { anyCharacter } from '../../../support/any-character.ts'
import { temporaryFolder } from '../../../support/folders.ts'

const at = (target: string, env: Record<string, string> = {}) =>
  resolveTarget({ target, env: { HOME: '/nowhere', ...env } })

function refusal(target: string): MigrateError {
  try {
    at(target)
  } catch (error) {
    return error as MigrateError
  }
  throw new Error('it was taken')
}

describe('where the target is', () => {
  test('a URL, all of it', () => {
    expect(
      at('postgresql://u:p@h:6432/d?sslmode=disable&connect_timeout=3&application_name=x&options=-c%20a%3Db'),
    ).toMatchObject({
      host: 'h',
      port: 6432,
      database: 'd',
      user: 'u',
      password: 'p',
      tls: { mode: 'disable' },
      connectTimeoutMs: 3000,
      applicationName: 'x',
      options: '-c a=b',
    })
  })
  test('parts left out', () => {
    expect(at('postgres://u@h')).toMatchObject({ host: 'h', port: 5432, database: 'u', password: null })
    expect(at('postgres:///d?host=/run/pg&user=u')).toMatchObject({
      host: '/run/pg',
      database: 'd',
      user: 'u',
    })
    expect(at('postgres://u@%2Frun%2Fpg:5433/d')).toMatchObject({ host: '/run/pg', port: 5433 })
    expect(at('postgres://u@[::1]:5433/d')).toMatchObject({ host: '::1', port: 5433 })
  })
  test('an @ in the password that was not encoded', () => {
    expect(at('postgres://u:a@b:c@h/d')).toMatchObject({ user: 'u', password: 'a@b:c', host: 'h' })
  })
  test('name=value pairs', () => {
    expect(at(`host=h port=1 dbname='my d' user=u password='it\\'s \\\\'`)).toMatchObject({
      host: 'h',
      port: 1,
      database: 'my d',
      password: `it's \\`,
    })
  })
  test('any user, password and database survive percent-encoding', () => {
    const text = fc.string({ unit: anyCharacter, minLength: 1 }).filter((value) => !value.includes('\0'))
    fc.assert(
      fc.property(text, text, text, (user, password, database) => {
        const url = `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@h/${encodeURIComponent(database)}`
        expect(at(url)).toMatchObject({ host: 'h', user, password, database })
      }),
    )
  })
  test('DATABASE_URL, then PG*, and --target before both', () => {
    const env = { DATABASE_URL: 'postgres://u@one/d', PGHOST: 'two', PGPASSWORD: 'p', PGSSLMODE: 'require' }
    expect(resolveTarget({ env })).toMatchObject({ host: 'one', password: 'p', tls: { mode: 'require' } })
    expect(
      resolveTarget({ env: { ...env, DATABASE_URL: '', PGUSER: 'v', PGDATABASE: 'e', PGPORT: '7' } }),
    ).toMatchObject({
      host: 'two',
      user: 'v',
      database: 'e',
      port: 7,
    })
    expect(resolveTarget({ target: 'postgres://u@three/d', env })).toMatchObject({ host: 'three' })
  })
  test('none was named', () => {
    expect(() => resolveTarget({ env: { PGPASSWORD: 'x', HOME: '/root' } })).toThrow(
      expect.objectContaining({ code: 'no-target', kind: 'usage' }),
    )
  })
  test('what cannot be read, and no part of it is repeated', () => {
    for (const target of [
      'postgres://u:se/cret@h/d',
      'postgres://u:100%secret@h/d',
      'postgres://u:secret@h:port/d',
      'postgres://u:x@h/d?secret',
      'postgres://u:secret@h1,h2/d',
      'postgres://u:secret@h/d?sslmode=perhaps',
      'postgres://u:secret@h/d?sslmode=verify-full',
      'mysql://u:secret@h/d',
      'secret',
      "password='secret",
      'host=h password=secret pass',
    ]) {
      const error = refusal(target)
      expect(error.code).toBe('target-address-invalid')
      expect(`${error.message} ${error.hint} ${error.cause}`).not.toMatch(/secret|cret/)
    }
    expect(refusal('postgres://u@h/d?sslmod=require').message).toContain('"sslmod"')
  })
  test('the password is neither described nor left in texts', () => {
    const address = at('postgres://u:pa%24s%20word@h:1/d')
    expect(`${describeAddress(address)} ${publicUrl(address)}`).not.toMatch(/pa\$s|pa%24s/)
    expect(redact('x pa$s word y pa%24s%20word z', address)).toBe('x *** y *** z')
  })
})

describe('~/.pgpass', () => {
  let home: string
  let file: string
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'gpt-migrate-pgpass-'))
    file = join(home, '.pgpass')
    writeFileSync(file, '# host:5432:*:*:no\nother:*:*:*:no\nh:5432:d\\:b:u\\\\:a\\:b\\\\c\n*:*:*:last:p\n', {
      mode: 0o600,
    })
  })
  afterAll(() => rmSync(home, { recursive: true }))

  test('the first line that fits, with its escapes', () => {
    expect(at('postgres://u%5C@h/d%3Ab', { HOME: home }).password).toBe('a:b\\c')
    expect(at('postgres://last@h9:99/x', { HOME: home }).password).toBe('p')
    expect(at('postgres://last@h9:99/x', { PGPASSFILE: file }).password).toBe('p')
    expect(at('postgres://nobody@h/d', { HOME: home }).password).toBeNull()
    expect(at('postgres://last:own@h/d', { HOME: home }).password).toBe('own')
  })
  test('a file that others can read is not used', () => {
    chmodSync(file, 0o644)
    expect(at('postgres://last@h/d', { HOME: home }).password).toBeNull()
    expect(() => at('postgres://last@h/d', { PGPASSFILE: file })).toThrow(/Others may read the password file/)
    chmodSync(file, 0o600)
  })
})

test('a server on this machine is known by its host', () => {
  const here = ['localhost', '127.0.0.1', '127.1.2.3', '::1', '/var/run/postgresql']
  const elsewhere = ['127.0.0.1.example.com', 'localhost.example.com', '10.0.0.1', 'db', '::2']
  expect(here.filter((host) => !isThisMachine({ host }))).toEqual([])
  expect(elsewhere.filter((host) => isThisMachine({ host }))).toEqual([])
})

test('a service: before the variables, after what is given; the first file that has it', () => {
  const folder = temporaryFolder()
  const file = join(folder, 'services')
  writeFileSync(
    file,
    '# ours\nport=1\n[other]\nhost=elsewhere\n\n[bot]\n host = db.example \r\nport=6543\nport=7\nuser=me\npassword=se=cret word\n[last]\nhost=x\n',
  )
  const env = { PGSERVICE: 'bot', PGSERVICEFILE: file, PGHOST: 'ignored', PGDATABASE: 'trades' }
  expect(resolveTarget({ env })).toMatchObject({
    host: 'db.example',
    port: 6543,
    user: 'me',
    password: 'se=cret word',
    database: 'trades',
  })
  expect(resolveTarget({ env, target: 'service=other user=you' })).toMatchObject({
    host: 'elsewhere',
    user: 'you',
  })
  expect(resolveTarget({ env, target: 'postgres://given/db?service=last' })).toMatchObject({
    host: 'given',
    database: 'db',
  })
  mkdirSync(join(folder, 'system'))
  writeFileSync(join(folder, 'system', 'pg_service.conf'), '[bot]\nhost=of.the.system\n')
  const elsewhere = { PGSERVICE: 'bot', HOME: folder, PGSYSCONFDIR: join(folder, 'system') }
  expect(resolveTarget({ env: elsewhere })).toMatchObject({ host: 'of.the.system' })
})

test('a service that is not there, or cannot be read: reported without a word of the file', () => {
  const folder = temporaryFolder()
  const file = join(folder, 'services')
  writeFileSync(
    file,
    '[nested]\nservice=secret1\n[ldap]\nldap://secret2\n[odd]\npassword secret3\n[unknown]\ncolour=secret4\n',
  )
  for (const service of ['nested', 'ldap', 'odd', 'unknown', 'none']) {
    const resolving = () => resolveTarget({ env: { PGSERVICE: service, PGSERVICEFILE: file } })
    expect(resolving).toThrow(expect.objectContaining({ code: 'target-address-invalid' }))
    expect(resolving).not.toThrow(/secret/)
  }
})
