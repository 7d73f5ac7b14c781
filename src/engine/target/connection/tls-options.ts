/**
 * How a TLS connection to the target is verified. Invariant: with a root certificate the chain is always verified, without one nothing is.
 */
import type { ConnectionOptions } from 'node:tls'
import { MigrateError } from '../../model/errors.ts'
import { readNamedFile } from '../../own-files/named-file.ts'
import type { TargetAddress } from '../address/address.ts'

/**
 * Node verifies; as in libpq, the chain is verified when there is a root certificate, the host name only with verify-full. Node's TLS is
 * slow to load, and left to the driver, which loads it once a server has agreed to it.
 */
export async function tlsOptions(address: TargetAddress): Promise<ConnectionOptions> {
  const { mode, rootCertificate, certificate, key, passphrase, revoked, oldest, newest } = address.tls
  const options: ConnectionOptions = {
    rejectUnauthorized: rootCertificate !== null,
    minVersion: oldest ?? 'TLSv1.2',
    ...(newest === undefined ? {} : { maxVersion: newest }),
  }
  if (revoked !== undefined) options.crl = readCertificate(revoked, 'sslcrl')
  if (rootCertificate !== null) {
    options.ca =
      rootCertificate === 'system'
        ? [...(await import('node:tls')).rootCertificates]
        : readCertificate(rootCertificate, 'sslrootcert')
  }
  if (mode !== 'verify-full') options.checkServerIdentity = () => undefined
  if (certificate !== null && key !== null) {
    options.cert = readCertificate(certificate, 'sslcert')
    options.key = readCertificate(key, 'sslkey')
    if (passphrase !== undefined) options.passphrase = passphrase
  }
  return options
}

/** The limit for a certificate file; those of all public authorities take some 200 kB. */
const MOST_BYTES = 16 << 20

function readCertificate(path: string, parameter: string): Buffer {
  try {
    return readNamedFile(path, MOST_BYTES)
  } catch (error) {
    throw new MigrateError('usage', 'certificate-unreadable', `${parameter}: ${path} cannot be read.`, {
      cause: error,
    })
  }
}
