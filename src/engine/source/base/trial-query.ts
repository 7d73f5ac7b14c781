/**
 * Whether a query of a stranger's file ends: run once, whole, in a process that can be ended. Invariant: it takes no longer than it may.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export type Trial =
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly message: string }
  /** It took longer, or more memory, than it may. */
  | { readonly kind: 'unbounded' }

export type TrialRequest = { readonly file: string; readonly sql: string }

const entry = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? './trial-query-main.ts' : './trial-query-main.js',
    import.meta.url,
  ),
)

export function tryQuery(request: TrialRequest, patienceMs: number): Promise<Trial> {
  return new Promise((resolve) => {
    const child = fork(entry, [], {
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs)
    let answer: Trial = { kind: 'unbounded' }
    child.once('message', (trial: Trial) => {
      answer = trial
      child.kill('SIGKILL')
    })
    const settle = (): void => {
      clearTimeout(timer)
      resolve(answer)
    }
    child.once('exit', settle)
    child.once('error', settle)
    child.send(request)
  })
}
