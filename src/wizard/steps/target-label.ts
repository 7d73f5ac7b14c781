/** A target in a few words: database, server, user; never a password. Pure. */
import type { TargetTest } from './connection.ts'

export function targetLabel({ address }: Pick<TargetTest, 'address'>): string {
  const { database, host, port, user } = address
  const place = host.startsWith('/') ? host : host.includes(':') ? `[${host}]` : host
  return `${database} on ${place}:${port} as ${user}`
}
