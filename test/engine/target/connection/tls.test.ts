import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { resolveTarget } from '../../../../src/engine/target/address/address.ts'
import { connect } from '../../../../src/engine/target/connection/connection.ts'
import { embeddedBinaries } from '../../../../src/engine/target/server/embedded-binaries.ts'
import {
  initServer,
  type RunningServer,
  startServer,
} from '../../../../src/engine/target/server/local-server.ts'
import { forEachServer } from '../../../support/databases.ts'
import { localBinaries } from '../../../support/servers.ts'

/** Node can't make certificates. */
const hasOpenssl = spawnSync('openssl', ['version']).status === 0

describe.skipIf(!hasOpenssl)('TLS', () => {
  forEachServer((provided) => {
    const password = 'for tests'
    let folder: string
    let server: RunningServer

    const openssl = (...args: string[]) => {
      const result = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
      if (result.status !== 0) throw new Error(result.stderr)
    }
    const issue = (name: string, subject: string, extra: readonly string[]) =>
      openssl(
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', subject],
        ...['-keyout', `${name}.key`, '-out', `${name}.crt`, ...extra],
      )

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'gpt-migrate-tls-'))
      chmodSync(folder, 0o755)
      issue('ca', '/CN=test authority', [])
      issue('stranger', '/CN=other authority', [])
      // For the name localhost, and not for the address 127.0.0.1.
      issue('server', '/CN=localhost', [
        ...['-CA', 'ca.crt', '-CAkey', 'ca.key', '-addext', 'subjectAltName=DNS:localhost'],
        ...['-addext', 'basicConstraints=critical,CA:FALSE'],
      ])
      const dataFolder = join(folder, 'data')
      const binaries = provided.kind === 'local' ? localBinaries()! : embeddedBinaries()
      await initServer({ binaries, dataFolder, password, sync: false })
      const { uid, gid } = statSync(dataFolder)
      chownSync(join(folder, 'server.key'), uid, gid)
      chmodSync(join(folder, 'server.key'), 0o600)
      server = await startServer({
        binaries,
        dataFolder,
        password,
        port: 0,
        settings: {
          fsync: 'off',
          ssl: 'on',
          ssl_cert_file: join(folder, 'server.crt'),
          ssl_key_file: join(folder, 'server.key'),
        },
      })
    })
    afterAll(async () => {
      await server?.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    async function outcome(host: string, parameters: string): Promise<string> {
      const target = `${server.url.replace('127.0.0.1', host)}?${parameters.replaceAll('FOLDER', folder)}`
      try {
        const connection = await connect(resolveTarget({ target, env: {} }))
        const { encrypted } = await connection.queryOne<{ encrypted: boolean }>(
          'select ssl as encrypted from pg_stat_ssl where pid = pg_backend_pid()',
        )
        expect(connection.isEncrypted).toBe(encrypted)
        await connection.end()
        return encrypted ? 'encrypted' : 'plain'
      } catch (error) {
        return (error as { code: string }).code
      }
    }

    test.each([
      ['127.0.0.1', 'sslmode=disable', 'plain'],
      ['127.0.0.1', 'sslmode=allow', 'plain'],
      ['127.0.0.1', 'sslmode=prefer', 'encrypted'],
      ['127.0.0.1', 'sslmode=require', 'encrypted'],
      ['127.0.0.1', 'ssl=true', 'encrypted'],
      ['127.0.0.1', 'channel_binding=require', 'encrypted'],
      // A root certificate verifies the chain, in `require` too; in `prefer` the connection then continues without TLS, as libpq's.
      ['127.0.0.1', 'sslmode=require&sslrootcert=FOLDER/ca.crt', 'encrypted'],
      ['127.0.0.1', 'sslmode=require&sslrootcert=FOLDER/stranger.crt', 'certificate-invalid'],
      ['127.0.0.1', 'sslmode=prefer&sslrootcert=FOLDER/stranger.crt', 'plain'],
      ['127.0.0.1', 'sslmode=verify-ca&sslrootcert=FOLDER/ca.crt', 'encrypted'],
      ['127.0.0.1', 'sslmode=verify-ca&sslrootcert=FOLDER/stranger.crt', 'certificate-invalid'],
      ['localhost', 'sslmode=verify-full&sslrootcert=FOLDER/ca.crt', 'encrypted'],
      ['127.0.0.1', 'sslmode=verify-full&sslrootcert=FOLDER/ca.crt', 'certificate-invalid'],
      ['localhost', 'sslmode=verify-full&sslrootcert=FOLDER/stranger.crt', 'certificate-invalid'],
      ['localhost', 'sslmode=verify-full&sslrootcert=system', 'certificate-invalid'],
      ['localhost', 'sslmode=verify-full&sslrootcert=FOLDER/nothing.crt', 'certificate-unreadable'],
    ])('%s %s: %s', async (host, parameters, expected) => {
      expect(await outcome(host, parameters)).toBe(expected)
    })

    test('a server that admits no one without TLS, or no one with it', async () => {
      const rules = join(folder, 'data', 'pg_hba.conf')
      const only = async (kind: 'hostssl' | 'hostnossl') => {
        writeFileSync(rules, `${kind} all all 127.0.0.1/32 scram-sha-256\n`)
        const admin = await connect(resolveTarget({ target: server.url, env: {} }))
        await admin.query('select pg_reload_conf()')
        await admin.end()
      }
      await only('hostssl')
      await expect.poll(() => outcome('127.0.0.1', 'sslmode=disable')).toBe('tls-required')
      expect(await outcome('127.0.0.1', 'sslmode=allow')).toBe('encrypted')
      await only('hostnossl')
      await expect.poll(() => outcome('127.0.0.1', 'sslmode=require')).toBe('not-admitted')
      expect(await outcome('127.0.0.1', 'sslmode=prefer')).toBe('plain')
    })
  })
})
