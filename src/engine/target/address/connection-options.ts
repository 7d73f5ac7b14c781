/**
 * Every option of libpq (PostgreSQL manual section 34.1.2, with its variable of section 34.15), and those that other drivers put into an
 * address. Invariant: an option is honoured, needs no action for the reason stated, or is refused with a reason; none is silently ignored.
 * A test goes through the table.
 */
import { MigrateError } from '../../model/errors.ts'
import { findReplaced } from './startup-options.ts'

type Fate =
  /** `addressOf` acts on it. */
  | { readonly kind: 'honoured' }
  /** Needs no action, whatever its value. */
  | { readonly kind: 'met'; readonly because: string }
  /** Needs no action for these values; any other is refused. */
  | { readonly kind: 'only'; readonly values: readonly string[]; readonly because: string }

export type ConnectionOption = { readonly variable?: string; readonly fate: Fate }

const honoured = (variable?: string): ConnectionOption =>
  variable === undefined ? { fate: { kind: 'honoured' } } : { variable, fate: { kind: 'honoured' } }
const met = (because: string, variable?: string): ConnectionOption => ({
  ...(variable === undefined ? {} : { variable }),
  fate: { kind: 'met', because },
})
const only = (values: readonly string[], because: string, variable?: string): ConnectionOption => ({
  ...(variable === undefined ? {} : { variable }),
  fate: { kind: 'only', values, because },
})

const watched = 'a server that has fallen silent is noticed by asking it over another connection'
const noGss = 'GSSAPI is not spoken: a server that insists on it does not admit the connection'
const ownPool = "it describes the application's own pool; --jobs says how many connections are used here"

export const connectionOptions: Readonly<Record<string, ConnectionOption>> = {
  service: honoured('PGSERVICE'),
  servicefile: honoured('PGSERVICEFILE'),
  host: honoured('PGHOST'),
  hostaddr: honoured('PGHOSTADDR'),
  port: honoured('PGPORT'),
  dbname: honoured('PGDATABASE'),
  user: honoured('PGUSER'),
  password: honoured('PGPASSWORD'),
  passfile: honoured('PGPASSFILE'),
  require_auth: honoured('PGREQUIREAUTH'),
  channel_binding: honoured('PGCHANNELBINDING'),
  connect_timeout: honoured('PGCONNECT_TIMEOUT'),
  options: honoured('PGOPTIONS'),
  application_name: honoured('PGAPPNAME'),
  fallback_application_name: honoured(),
  keepalives: honoured(),
  keepalives_idle: honoured(),
  keepalives_interval: met(watched),
  keepalives_count: met(watched),
  tcp_user_timeout: met(watched),
  client_encoding: met('texts travel as UTF-8, which loses nothing', 'PGCLIENTENCODING'),
  sslmode: honoured('PGSSLMODE'),
  requiressl: honoured('PGREQUIRESSL'),
  sslnegotiation: honoured('PGSSLNEGOTIATION'),
  sslcompression: met('TLS has no compression any more', 'PGSSLCOMPRESSION'),
  sslcert: honoured('PGSSLCERT'),
  sslkey: honoured('PGSSLKEY'),
  sslpassword: honoured(),
  sslcertmode: honoured('PGSSLCERTMODE'),
  sslrootcert: honoured('PGSSLROOTCERT'),
  sslcrl: honoured('PGSSLCRL'),
  sslcrldir: only([], 'lists of revoked certificates are read from one file: sslcrl', 'PGSSLCRLDIR'),
  sslsni: only(['1'], 'the name of the server is always sent', 'PGSSLSNI'),
  sslkeylogfile: only([], 'keys of a connection are not written anywhere', 'PGSSLKEYLOGFILE'),
  ssl_min_protocol_version: honoured('PGSSLMINPROTOCOLVERSION'),
  ssl_max_protocol_version: honoured('PGSSLMAXPROTOCOLVERSION'),
  min_protocol_version: only(['3.0'], 'version 3.0 of the protocol is spoken', 'PGMINPROTOCOLVERSION'),
  max_protocol_version: met('version 3.0 of the protocol is spoken, the oldest', 'PGMAXPROTOCOLVERSION'),
  requirepeer: only([], 'the account behind a socket file cannot be asked for here', 'PGREQUIREPEER'),
  gssencmode: only(['disable', 'prefer'], 'GSSAPI encryption is not spoken; use sslmode', 'PGGSSENCMODE'),
  krbsrvname: met(noGss, 'PGKRBSRVNAME'),
  gsslib: met(noGss, 'PGGSSLIB'),
  gssdelegation: only(['0'], 'GSSAPI is not spoken', 'PGGSSDELEGATION'),
  target_session_attrs: honoured('PGTARGETSESSIONATTRS'),
  load_balance_hosts: met('one host is named, since several are refused', 'PGLOADBALANCEHOSTS'),
  replication: only(['0', 'no', 'off', 'false'], 'tables are not reached over a replication connection'),
  scram_client_key: only([], 'a password is needed'),
  scram_server_key: only([], 'a password is needed'),
  oauth_issuer: only([], 'OAuth is not spoken'),
  oauth_client_id: only([], 'OAuth is not spoken'),
  oauth_client_secret: only([], 'OAuth is not spoken'),
  oauth_scope: only([], 'OAuth is not spoken'),
  // Variables that libpq sends as session settings.
  datestyle: met('dates travel in ISO form', 'PGDATESTYLE'),
  timezone: met('instants travel in UTC', 'PGTZ'),
  geqo: only([], 'the planner is left as the server has it', 'PGGEQO'),
  // Options of Prisma, JDBC, node-postgres and hosting providers.
  ssl: honoured(),
  schema: honoured(),
  currentSchema: honoured(),
  sslaccept: honoured(),
  pgbouncer: met('no statement is prepared under a name'),
  statement_cache_size: met('no statement is prepared under a name'),
  prepared_statements: met('no statement is prepared under a name'),
  connection_limit: met(ownPool),
  pool_timeout: met(ownPool),
  pool: met(ownPool),
  socket_timeout: met(watched),
  supa: met('it names who made the address'),
  uselibpqcompat: met('sslmode means what it means to libpq'),
}

/** Throws `target-address-invalid` for an unknown option, or for a value that would be ignored. */
export function refuseIgnored(name: string, value: string, variable: string | null): void {
  const option = Object.hasOwn(connectionOptions, name) ? connectionOptions[name] : undefined
  const shown = /^\w{1,40}$/.test(name) ? ` "${name}"` : ''
  if (option === undefined) throw refused(`The parameter${shown} is not known.`)
  const { fate } = option
  const what = variable ?? `The parameter${shown}`
  const replaced = name === 'options' ? findReplaced(value) : null
  if (replaced !== null)
    throw refused(
      `${what} sets ${replaced.name}, which a run cannot honour: ${replaced.because}.`,
      `Remove it from ${variable ?? "the address's options"}.`,
    )
  if (fate.kind !== 'only' || value === '' || fate.values.includes(value)) return
  throw refused(
    `${what} asks for what is not done: ${fate.because}.`,
    variable === null ? 'Remove it from the address.' : `Unset ${variable}.`,
  )
}

function refused(why: string, hint?: string): MigrateError {
  return new MigrateError('usage', 'target-address-invalid', `The target's address cannot be used. ${why}`, {
    hint: hint ?? "Remove it from the address; libpq's own options are in section 34.1.2 of the manual.",
  })
}
