/**
 * What an address demands of TLS, as libpq reads it (PostgreSQL manual section 34.19). Invariant: a demand that cannot be met is refused
 * here, before anything is sent.
 */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { invalid, type Parameters } from './connection-string.ts'

type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'
const sslModes: readonly string[] = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']

const tlsVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
type TlsVersion = (typeof tlsVersions)[number]

export type TlsDemands = {
  readonly mode: SslMode
  /** The file of trusted certificates; `system` for the system's; null when the server is not verified. */
  readonly rootCertificate: string | null
  readonly certificate: string | null
  readonly key: string | null
  /** The passphrase of the key (`sslpassword`). */
  readonly passphrase?: string
  /** The file of revoked certificates. */
  readonly revoked?: string
  readonly oldest?: TlsVersion
  readonly newest?: TlsVersion
  /** TLS from the first byte (`sslnegotiation=direct`). */
  readonly isDirect?: boolean
  readonly channelBinding: boolean
}

/** Files in ~/.postgresql are used if they exist; a root certificate turns verification on. */
export function tlsOf(given: Parameters): TlsDemands {
  const mode = modeOf(given)
  if (!sslModes.includes(mode)) throw invalid(`sslmode must be one of ${sslModes.join(', ')}.`)
  const inHome = (name: string): string | null => {
    const path = join(homedir(), '.postgresql', name)
    return existsSync(path) ? path : null
  }
  const rootCertificate = given.sslrootcert ?? inHome('root.crt')
  if (mode.startsWith('verify-') && rootCertificate === null) {
    throw invalid(
      `sslmode=${mode} needs the certificate of the authority to trust.`,
      'Add sslrootcert=FILE, or sslrootcert=system for the authorities that this system trusts.',
    )
  }
  if (rootCertificate === 'system' && mode !== 'verify-full') {
    throw invalid('sslrootcert=system needs sslmode=verify-full.')
  }
  const certificateMode = given.sslcertmode ?? 'allow'
  if (certificateMode !== 'allow' && certificateMode !== 'disable')
    throw invalid(
      `sslcertmode=${/^\w+$/.test(certificateMode) ? certificateMode : '…'} cannot be made sure of.`,
      'Use sslcertmode=allow or disable; the server itself can insist on a certificate (clientcert).',
    )
  const certificate = certificateMode === 'disable' ? null : (given.sslcert ?? inHome('postgresql.crt'))
  const key = certificate === null ? null : (given.sslkey ?? inHome('postgresql.key'))
  if (given.sslcert !== undefined && certificate !== null && key === null)
    throw invalid('sslcert needs the key of the certificate.', 'Add sslkey=FILE.')
  const revoked = given.sslcrl ?? inHome('root.crl')
  const isDirect = directOf(given, mode)
  const channelBinding = given.channel_binding ?? 'prefer'
  if (!['disable', 'prefer', 'require'].includes(channelBinding))
    throw invalid('channel_binding must be disable, prefer or require.')
  if (channelBinding === 'require' && (mode === 'disable' || mode === 'allow'))
    throw invalid('channel_binding=require needs TLS.', 'Add sslmode=require, or better verify-full.')
  return {
    mode: mode as SslMode,
    rootCertificate,
    certificate,
    key,
    channelBinding: channelBinding === 'require',
    ...(given.sslpassword === undefined ? {} : { passphrase: given.sslpassword }),
    ...(revoked === null ? {} : { revoked }),
    ...versionsOf(given),
    ...(isDirect ? { isDirect } : {}),
  }
}

function modeOf(given: Parameters): string {
  const mode =
    given.sslmode ??
    (given.sslrootcert === 'system' ? 'verify-full' : given.requiressl === '1' ? 'require' : 'prefer')
  const accept = given.sslaccept
  if (accept === undefined) return mode
  if (accept !== 'strict' && accept !== 'accept_invalid_certs')
    throw invalid('sslaccept must be strict or accept_invalid_certs.')
  if (accept === 'strict' && mode !== 'verify-full')
    throw invalid(
      'sslaccept=strict asks for a certificate that is verified.',
      'Say so as libpq does: sslmode=verify-full&sslrootcert=system, or sslrootcert=FILE.',
    )
  return mode
}

function directOf(given: Parameters, mode: string): boolean {
  const negotiation = given.sslnegotiation ?? 'postgres'
  if (negotiation !== 'postgres' && negotiation !== 'direct')
    throw invalid('sslnegotiation must be postgres or direct.')
  if (negotiation === 'direct' && ['disable', 'allow', 'prefer'].includes(mode))
    throw invalid('sslnegotiation=direct needs TLS.', 'Add sslmode=require, or better verify-full.')
  return negotiation === 'direct'
}

function versionsOf(given: Parameters): Pick<TlsDemands, 'oldest' | 'newest'> {
  const oldest = versionOf('ssl_min_protocol_version', given.ssl_min_protocol_version)
  const newest = versionOf('ssl_max_protocol_version', given.ssl_max_protocol_version)
  return { ...(oldest === null ? {} : { oldest }), ...(newest === null ? {} : { newest }) }
}

function versionOf(name: string, text: string | undefined): TlsVersion | null {
  if (text === undefined) return null
  const found = tlsVersions.find((version) => version === text)
  if (found === undefined) throw invalid(`${name} must be one of ${tlsVersions.join(', ')}.`)
  return found
}
