/** A wizard on a pretended terminal with a pretended engine: what a person sees and presses. Waits for content, never for time. */
import { render } from 'ink-testing-library'
import { App } from '../../src/app.tsx'
import type { CallName, EngineCommand, RunEvent, RunRequest } from '../../src/engine/door/index.ts'
import { unicodeSymbols } from '../../src/ui/symbols.ts'
import { performer } from '../../src/wizard/perform/perform.ts'
import { WizardStore } from '../../src/wizard/perform/store.ts'

export type Answers = Partial<
  Record<CallName, (request: never, tell: (event: RunEvent) => void) => unknown | Promise<unknown>>
>

type Screen = {
  /** What is on the screen now, without colours. */
  readonly text: () => string
  /** Waits until the screen shows it. */
  readonly sees: (...expected: readonly (string | RegExp)[]) => Promise<void>
  readonly press: (...keys: readonly string[]) => Promise<void>
  readonly type: (text: string) => Promise<void>
  readonly paste: (text: string) => Promise<void>
  readonly commands: readonly EngineCommand[]
  readonly copied: readonly string[]
  readonly opened: readonly string[]
  readonly calls: readonly { readonly name: string; readonly request: unknown }[]
  readonly store: WizardStore
}

const sequences: Readonly<Record<string, string>> = {
  enter: '\r',
  escape: '\u001b',
  tab: '\t',
  up: '\u001b[A',
  down: '\u001b[B',
  space: ' ',
  'ctrl+c': '\u0003',
  'ctrl+u': '\u0015',
}

export function openScreen(given: RunRequest, answers: Answers): Screen {
  const commands: EngineCommand[] = []
  const calls: { name: string; request: unknown }[] = []
  const copied: string[] = []
  const opened: string[] = []
  const engine = {
    async call(name: CallName, request: unknown, tell: (event: RunEvent) => void = () => {}) {
      calls.push({ name, request })
      const answer = answers[name] as
        | ((request: unknown, tell: (event: RunEvent) => void) => unknown)
        | undefined
      if (answer === undefined) return new Promise(() => {})
      return answer(request, tell)
    },
    command: (command: EngineCommand) => commands.push(command),
  }
  const store = new WizardStore(
    given,
    performer({
      engine: engine as never,
      given,
      commandOf: () => 'npx gpt-migrate --yes',
      copy: (text) => copied.push(text),
      openFile: async (path) => opened.push(path) > 0,
      onLeft: () => {},
    }),
  )
  const { stdin, lastFrame } = render(
    <App
      store={store}
      dispatch={store.dispatch}
      look={{ symbols: unicodeSymbols, colours: true, spoken: false, links: false }}
    />,
  )
  const text = (): string => (lastFrame() ?? '').replace(/\u001b\[[0-9;]*m/g, '')
  const sees = async (...expected: readonly (string | RegExp)[]): Promise<void> => {
    const isSeen = (some: string | RegExp): boolean =>
      typeof some === 'string' ? text().includes(some) : some.test(text())
    const deadline = Date.now() + 15_000
    while (!expected.every(isSeen)) {
      if (Date.now() > deadline) {
        const missing = expected.filter((some) => !isSeen(some)).join(', ')
        throw new Error(`never seen: ${missing}\n${text()}`)
      }
      await nextTurn()
    }
  }
  const send = async (sequence: string): Promise<void> => {
    stdin.write(sequence)
    await nextTurn()
  }
  return {
    text,
    sees,
    press: async (...keys) => {
      for (const key of keys) {
        await send(sequences[key] ?? key)
        // A lone escape may begin a sequence: it counts only when nothing has followed it.
        if (key === 'escape') await new Promise((resolve) => setTimeout(resolve, 40))
      }
    },
    type: async (typed) => {
      for (const character of typed) await send(character)
    },
    paste: (pasted) => send(`\u001b[200~${pasted}\u001b[201~`),
    commands,
    copied,
    opened,
    calls,
    store,
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))
