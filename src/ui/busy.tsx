/** A spinner, the only moving sign, beside a word about what is under way. */
import Spinner from 'ink-spinner'
import { Line, Toned } from './line.tsx'
import { useLook } from './look.ts'

export function Busy({ children }: { readonly children: string }) {
  const { spoken, symbols } = useLook()
  return (
    <Line>
      {!spoken && (
        <Toned tone="mark">
          <Spinner type={symbols.pointer === '>' ? 'line' : 'dots'} />{' '}
        </Toned>
      )}
      {children}
    </Line>
  )
}
