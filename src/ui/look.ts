/** How the terminal wants to be drawn on; the screens ask nothing else of it. */
import { createContext, useContext } from 'react'
import { type Symbols, unicodeSymbols } from './symbols.ts'

export type Look = {
  readonly columns: number
  readonly rows: number
  readonly symbols: Symbols
  /** False with NO_COLOR: then a cursor in a text is a sign. */
  readonly colours: boolean
  /** A screen reader speaks what is drawn: no bars and nothing that turns. */
  readonly spoken: boolean
  /** Whether a file's name may be a link to it (OSC 8). */
  readonly links: boolean
}

export const LookContext = createContext<Look>({
  columns: 80,
  rows: 24,
  symbols: unicodeSymbols,
  colours: true,
  spoken: false,
  links: false,
})

export const useLook = (): Look => useContext(LookContext)
