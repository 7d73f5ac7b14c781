/** Performs the effects of following, the cut-over and the application's SQL. */
import {
  advance,
  advanceCutOver,
  advanceFollowing,
  type EngineProcess,
  noCutOver,
  noProgress,
  type RunRequest,
} from '../../engine/door/index.ts'
import type { Action } from '../state/state.ts'
import type { Effect } from '../steps/effects.ts'
import { foldEvents } from './fold-events.ts'
import type { WizardStore } from './store.ts'

type Of<T extends Effect['type']> = Extract<Effect, { type: T }>
type Around = { readonly engine: Pick<EngineProcess, 'call' | 'command'>; readonly given: RunRequest }

export async function followAfter(
  { engine, given }: Around,
  { run, target }: Of<'follow'>,
  store: WizardStore,
): Promise<Action> {
  engine.command({ type: 'reset' })
  const request = { target: { ...given.target, target }, run }
  const folding = { from: store.state.following.progress, advance: advanceFollowing }
  const answer = await foldEvents(
    folding,
    (progress) => store.dispatch({ type: 'following-progressed', progress, now: Date.now() }),
    (onEvent) => engine.call('follow', { ...request, resync: [] }, onEvent),
  )
  return { type: 'following-ended', answer }
}

export async function cutOverAfter(
  { engine, given }: Around,
  { target, request }: Of<'cut-over'>,
  store: WizardStore,
): Promise<Action> {
  engine.command({ type: 'reset' })
  const answer = await foldEvents(
    { from: noCutOver, advance: advanceCutOver },
    (progress) => store.dispatch({ type: 'cut-over-progressed', progress }),
    (onEvent) => engine.call('cutOver', { target: { ...given.target, target }, ...request }, onEvent),
  )
  return { type: 'cut-over-ended', answer }
}

export async function judgeAfter(
  { engine, given }: Around,
  { path, run, target }: Of<'judge-queries'>,
  store: WizardStore,
): Promise<Action> {
  const request = {
    target: { ...given.target, target },
    run,
    paths: [path],
    logs: [],
    sources: [],
    allowWrites: false,
    known: {},
  }
  const answer = await foldEvents(
    { from: noProgress, advance },
    (progress) => store.dispatch({ type: 'queries-progressed', progress }),
    (onEvent) => engine.call('judgeQueries', request, onEvent),
  )
  return { type: 'queries-judged', answer }
}
