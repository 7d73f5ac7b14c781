/** What the screens may know about the terminal: its size and how to draw on it. */
import { createContext, useContext } from 'react'
import { type Symbols, unicodeSymbols } from './symbols.ts'

export type Look = {
  readonly columns: number
  readonly rows: number
  readonly symbols: Symbols
  /** False with NO_COLOR: a text cursor is then a character. */
  readonly colours: boolean
  /** Output goes to a screen reader: no bars and no spinner. */
  readonly spoken: boolean
  /** Whether file names may be hyperlinks (OSC 8). */
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
