/** Servers that speak PostgreSQL's protocol and are something else are refused before anything is written, with the reason. */
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { resolveTarget } from '../../../../src/engine/target/address/address.ts'
import { refusalOfServer } from '../../../../src/engine/target/connection/other-servers.ts'
import { refuseTransactionPooling } from '../../../../src/engine/target/connection/pooling.ts'

const gcc = 'on x86_64-pc-linux-gnu, compiled by gcc (GCC) 13.3.0, 64-bit'

describe('what version() says', () => {
  it.each([
    [`PostgreSQL 15.18 (Debian 15.18-0+deb12u1) ${gcc}`],
    [`PostgreSQL 18.1 ${gcc}`],
    [`PostgreSQL 16.4 - Percona Distribution ${gcc}`],
    [`PostgreSQL 15.2 (EnterpriseDB Advanced Server 15.2.0) ${gcc}`],
    [`PostgreSQL 17.5 (1b53132) ${gcc}`],
  ])('%s is PostgreSQL', (version) => {
    expect(refusalOfServer({ version, hasIamRoles: false })).toBeNull()
  })

  it.each([
    ['CockroachDB CCL v24.3.1 (x86_64-pc-linux-gnu, built 2024/12/05)', 'CockroachDB', /advisory locks/],
    [`PostgreSQL 11.2-YB-2.25.0.0-b0 ${gcc}`, 'YugabyteDB', /yb_default_copy_from_rows_per_transaction/],
    [`PostgreSQL 15.12-YB-2025.1.0.0-b0 ${gcc}`, 'YugabyteDB', /20,000 rows/],
    [
      'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.2369',
      'Amazon Redshift',
      /not been tried/,
    ],
    ['PostgreSQL 9.5.0 on x86_64-unknown-linux-gnu (Materialize v0.130.1)', 'Materialize', /not been tried/],
    ['PostgreSQL 13.14.0-RisingWave-2.1.0 (04a8d4b)', 'RisingWave', /not been tried/],
    ['CrateDB 5.9.4 (built 1234, Linux)', 'CrateDB', /not been tried/],
    ['Something else 1.0', 'not PostgreSQL', /not been tried/],
  ])('%s is %s', (version, name, reason) => {
    const refusal = refusalOfServer({ version, hasIamRoles: false })
    expect(refusal?.name).toBe(name)
    expect(refusal?.reason).toMatch(reason)
  })

  it('Aurora DSQL calls itself PostgreSQL, and is known by its roles', () => {
    expect(refusalOfServer({ version: 'PostgreSQL 16', hasIamRoles: true })).toMatchObject({
      name: 'Aurora DSQL',
      reason: expect.stringContaining('3,000 rows'),
    })
  })
})

describe('a server that answers so', () => {
  const servers: Server[] = []
  const sockets: Socket[] = []
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy()
    for (const server of servers.splice(0)) server.close()
  })

  const message = (type: string, ...parts: readonly (string | number[])[]): Buffer => {
    const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(body.length + 4)
    return Buffer.concat([Buffer.from(type), length, body])
  }
  const ready = message('Z', 'I')
  /** One row of one column of text. */
  const row = (value: string): Buffer =>
    Buffer.concat([
      message('T', [0, 1], 'answer\0', [0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0]),
      message('D', [0, 1], [0, 0, 0, value.length], value),
      message('C', 'SELECT 1\0'),
      ready,
    ])
  const refused = Buffer.concat([message('E', 'SERROR\0', 'C42883\0', 'Mno such function\0', [0]), ready])

  it('is refused with its name and address, whatever else it cannot do', async () => {
    const version = 'CockroachDB CCL v24.3.1 (x86_64-pc-linux-gnu)'
    const asked: string[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => undefined)
      socket.on('data', (piece) => {
        if (piece[0] === 0) socket.write(Buffer.concat([message('R', [0, 0, 0, 0]), ready]))
        if (piece[0] !== 'Q'.charCodeAt(0)) return
        asked.push(piece.toString('latin1', 5, piece.length - 1))
        socket.write(/version\(\)/.test(asked.at(-1)!) ? row(version) : refused)
      })
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const address = resolveTarget({ target: `postgres://u@127.0.0.1:${port}/d?sslmode=disable`, env: {} })
    await expect(refuseTransactionPooling(address)).rejects.toMatchObject({
      kind: 'target',
      code: 'other-server',
      message: expect.stringContaining(`127.0.0.1, port ${port} is CockroachDB (${version}). It takes COPY`),
    })
    expect(asked.filter((sql) => !/^select/.test(sql))).toEqual([])
  })
})
