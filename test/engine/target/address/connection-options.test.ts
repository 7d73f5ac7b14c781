/** Every option and variable of libpq is honoured, or needs nothing, or is refused: none is taken and ignored. */
import { describe, expect, it } from 'vitest'
import { resolveTarget, type TargetAddress } from '../../../../src/engine/target/address/address.ts'
import {
  type ConnectionOption,
  connectionOptions,
} from '../../../../src/engine/target/address/connection-options.ts'

/** PostgreSQL manual, sections 34.1.2 and 34.15, of all versions from 13 to 18. */
const OPTIONS =
  `service servicefile user password passfile channel_binding connect_timeout dbname host hostaddr port
  client_encoding options application_name fallback_application_name keepalives keepalives_idle keepalives_interval
  keepalives_count tcp_user_timeout sslmode requiressl sslnegotiation sslcompression sslcert sslkey sslcertmode sslpassword
  sslrootcert sslcrl sslcrldir sslsni requirepeer require_auth min_protocol_version max_protocol_version
  ssl_min_protocol_version ssl_max_protocol_version gssencmode krbsrvname gsslib gssdelegation target_session_attrs
  load_balance_hosts replication scram_client_key scram_server_key oauth_issuer oauth_client_id oauth_client_secret
  oauth_scope sslkeylogfile`.split(/\s+/)
const VARIABLES =
  `PGHOST PGHOSTADDR PGPORT PGDATABASE PGUSER PGPASSWORD PGPASSFILE PGREQUIREAUTH PGCHANNELBINDING PGSERVICE
  PGSERVICEFILE PGOPTIONS PGAPPNAME PGSSLMODE PGREQUIRESSL PGSSLNEGOTIATION PGSSLCOMPRESSION PGSSLCERT PGSSLKEY
  PGSSLCERTMODE PGSSLROOTCERT PGSSLCRL PGSSLCRLDIR PGSSLSNI PGREQUIREPEER PGSSLMINPROTOCOLVERSION
  PGSSLMAXPROTOCOLVERSION PGGSSENCMODE PGKRBSRVNAME PGGSSLIB PGGSSDELEGATION PGCONNECT_TIMEOUT PGCLIENTENCODING
  PGTARGETSESSIONATTRS PGLOADBALANCEHOSTS PGSSLKEYLOGFILE PGMINPROTOCOLVERSION PGMAXPROTOCOLVERSION PGDATESTYLE PGTZ PGGEQO`.split(
    /\s+/,
  )

type Sample = { readonly value: string; readonly as: object; readonly beside?: string }
/** What each honoured option does to the address. */
const samples: Readonly<Record<string, Sample>> = {
  host: { value: 'elsewhere', as: { host: 'elsewhere' } },
  hostaddr: { value: '10.1.2.3', as: { host: '10.1.2.3' } },
  port: { value: '7', as: { port: 7 } },
  dbname: { value: 'd', as: { database: 'd' } },
  user: { value: 'v', as: { user: 'v' } },
  password: { value: 'p', as: { password: 'p' } },
  require_auth: { value: '!password,!md5', as: { authMethods: ['none', 'scram-sha-256'] } },
  channel_binding: { value: 'require', as: { tls: { channelBinding: true } } },
  connect_timeout: { value: '3', as: { connectTimeoutMs: 3000 } },
  options: { value: '-csearch_path=app', as: { options: '-csearch_path=app', schema: 'app' } },
  application_name: { value: 'x', as: { applicationName: 'x' } },
  fallback_application_name: { value: 'x', as: { applicationName: 'x' } },
  keepalives: { value: '0', as: { keepAlive: false } },
  keepalives_idle: { value: '9', as: { silenceMs: 9000 } },
  sslmode: { value: 'disable', as: { tls: { mode: 'disable' } } },
  requiressl: { value: '1', as: { tls: { mode: 'require' } } },
  sslnegotiation: { value: 'direct', as: { tls: { isDirect: true } }, beside: 'sslmode=require' },
  sslcert: { value: '/c', as: { tls: { certificate: '/c' } }, beside: 'sslkey=/k' },
  sslkey: { value: '/k', as: { tls: { key: '/k' } }, beside: 'sslcert=/c' },
  sslpassword: { value: 'w', as: { tls: { passphrase: 'w' } } },
  sslcertmode: { value: 'disable', as: { tls: { certificate: null } }, beside: 'sslcert=/c sslkey=/k' },
  sslrootcert: { value: '/r', as: { tls: { rootCertificate: '/r' } } },
  sslcrl: { value: '/l', as: { tls: { revoked: '/l' } } },
  ssl_min_protocol_version: { value: 'TLSv1.3', as: { tls: { oldest: 'TLSv1.3' } } },
  ssl_max_protocol_version: { value: 'TLSv1.2', as: { tls: { newest: 'TLSv1.2' } } },
  target_session_attrs: { value: 'primary', as: { session: 'primary' } },
  ssl: { value: 'true', as: { tls: { mode: 'require' } } },
  schema: { value: 'app', as: { schema: 'app' } },
  currentSchema: { value: 'app', as: { schema: 'app' } },
  sslaccept: { value: 'accept_invalid_certs', as: { tls: { mode: 'prefer' } } },
}
/** Those that name a file; what stands in it is tested in address.test.ts. */
const ofFiles: Readonly<Record<string, () => void>> = {
  service: () => expect(() => from('service', 'x')).toThrow(/No service of that name/),
  servicefile: () => expect(() => from('servicefile', '/nowhere/s', 'service=x')).toThrow(/\/nowhere\/s/),
  passfile: () => expect(from('passfile', '/nowhere/p').password).toBeNull(),
}

const from = (name: string, value: string, beside = ''): TargetAddress =>
  resolveTarget({
    target: `user=u ${beside} ${name}='${value}'`,
    env: { HOME: '/nowhere' },
  })
const fromVariable = (variable: string, value: string, beside = ''): TargetAddress =>
  resolveTarget({
    target: `application_name='' ${beside}`,
    env: { HOME: '/nowhere', PGUSER: 'u', [variable]: value },
  })

it('has every option and variable of libpq, each variable once', () => {
  expect(OPTIONS.filter((name) => connectionOptions[name] === undefined)).toEqual([])
  const variables = Object.values(connectionOptions).flatMap(({ variable }) => variable ?? [])
  expect(VARIABLES.filter((name) => !variables.includes(name))).toEqual([])
  expect(new Set(variables).size).toBe(variables.length)
})

describe.each(Object.entries(connectionOptions))('%s', (name, { variable, fate }: ConnectionOption) => {
  const variables = variable === undefined ? [] : [variable]

  switch (fate.kind) {
    case 'honoured':
      it('changes the address', () => {
        const file = ofFiles[name]
        if (file !== undefined) return file()
        const sample = samples[name]!
        expect(from(name, sample.value, sample.beside)).toMatchObject(sample.as)
        for (const named of variables)
          expect(fromVariable(named, sample.value, sample.beside)).toMatchObject(sample.as)
      })
      break
    case 'met':
      it('says why nothing has to be done', () => {
        expect(fate.because).not.toBe('')
        expect(from(name, '1')).toEqual(from('application_name', ''))
        for (const named of variables) expect(fromVariable(named, '1')).toEqual(fromVariable(named, ''))
      })
      break
    case 'only':
      it('refuses what is not done', () => {
        for (const value of fate.values) expect(from(name, value)).toEqual(from('application_name', ''))
        expect(() => from(name, 'something')).toThrow(
          expect.objectContaining({
            code: 'target-address-invalid',
            message: expect.stringContaining(fate.because),
          }),
        )
        for (const named of variables)
          expect(() => fromVariable(named, 'something')).toThrow(
            expect.objectContaining({ message: expect.stringContaining(named), hint: `Unset ${named}.` }),
          )
      })
      break
    default:
      fate satisfies never
  }
})

describe('values that contradict each other or cannot be had', () => {
  it.each([
    'channel_binding=require sslmode=disable',
    'channel_binding=perhaps',
    'sslnegotiation=direct',
    'sslnegotiation=later',
    'sslcertmode=require',
    'require_auth=scram-sha-256,!md5',
    'require_auth=guess',
    'target_session_attrs=read-only',
    'target_session_attrs=standby',
    'ssl_min_protocol_version=SSLv3',
    'sslaccept=strict',
    'ssl=perhaps',
    'gssencmode=require',
    'sslmode=allow channel_binding=require',
    'sslcert=/c',
  ])('%s', (text) => {
    expect(() => resolveTarget({ target: `user=u ${text}`, env: {} })).toThrow(
      expect.objectContaining({ code: 'target-address-invalid' }),
    )
  })
})

describe('the schema that an address names', () => {
  it.each([
    ['-csearch_path=app', 'app'],
    ['-c search_path=app,public', 'app'],
    ['--search_path=App', 'app'],
    ['-c geqo=off --search-path="My\\ App",x', 'My App'],
    ['-c search_path="$user",public', undefined],
    ['-c statement_timeout=0', undefined],
  ])('options=%s', (options, schema) => {
    const target = `postgres://u@h/d?options=${encodeURIComponent(options)}`
    expect(resolveTarget({ target, env: {} }).schema).toBe(schema)
  })
})

describe('settings in options', () => {
  const optionsOf = (options: string): string => `postgres://u@h/d?options=${encodeURIComponent(options)}`

  it.each([
    ['-c statement_timeout=1', 'statement_timeout'],
    ['--statement-timeout=5s', 'statement_timeout'],
    ['-c geqo=off -cTRANSACTION_TIMEOUT=10', 'transaction_timeout'],
    ['-c idle_session_timeout=1min', 'idle_session_timeout'],
    ['-c idle_in_transaction_session_timeout=1', 'idle_in_transaction_session_timeout'],
    ['-c lock_timeout=1', 'lock_timeout'],
    ['-c default_transaction_read_only=on', 'default_transaction_read_only'],
    ['-c default_transaction_isolation=serializable', 'default_transaction_isolation'],
  ])('refuses %s, which a session of a run replaces', (options, name) => {
    for (const given of [
      { target: optionsOf(options), env: {} },
      { target: 'postgres://u@h/d', env: { PGOPTIONS: options } },
    ])
      expect(() => resolveTarget(given)).toThrow(
        expect.objectContaining({ message: expect.stringContaining(name) }),
      )
  })

  it.each([
    '-c statement_timeout=0ms',
    '-c default_transaction_read_only=off',
    '-c default_transaction_isolation=read\\ committed',
    '-c session_replication_role=replica',
    '-c timezone=Asia/Tokyo',
  ])('takes %s', (options) => {
    expect(resolveTarget({ target: optionsOf(options), env: {} }).options).toBe(options)
  })

  it('a role is the one that everything is done as, unless --role names another', () => {
    expect(resolveTarget({ target: optionsOf('-c role=app'), env: {} }).role).toBe('app')
    expect(resolveTarget({ target: optionsOf('-c role=app'), env: {}, role: 'other' }).role).toBe('other')
    expect(resolveTarget({ target: optionsOf('-c role=none'), env: {} }).role).toBeUndefined()
  })
})
