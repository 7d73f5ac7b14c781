/** What to do on this screen about a failed connection; the engine's own hints are for the command line. Pure. */
import type { PlainError } from '../../engine/door/index.ts'
import type { TargetKind } from './connection.ts'

export function adviceFor(error: PlainError, kind: TargetKind): string | null {
  switch (error.code) {
    case 'wrong-password':
      return 'Type the password above and press enter.'
    case 'no-such-database':
      return 'Press c to create it, or name another one.'
    case 'connection-refused':
    case 'host-unknown':
    case 'host-unreachable':
    case 'timeout':
      return kind === 'embedded'
        ? error.hint
        : `${error.hint ?? 'Check host and port.'} Without a server of your own, choose the embedded one.`
    case 'tls-required':
      return kind === 'url' ? 'Add ?sslmode=require to the URL.' : 'Type require into TLS.'
    case 'tls-refused':
      return kind === 'url' ? 'Put ?sslmode=prefer into the URL.' : 'Type prefer into TLS.'
    case 'unsupported-version':
      return 'Name a newer server, or choose the embedded one.'
    case 'connection-lost':
      return 'Press enter to try again.'
    default:
      return error.hint
  }
}
