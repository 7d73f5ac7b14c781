import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { longStatements } from '../../support/long-statements.ts'

const script = join(import.meta.dirname, 'count-reads.ts')
const reads = JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' })) as Record<
  string,
  readonly [number, number]
>

describe('a statement of 16 times the length is read no more than 18 times as often', () => {
  it.each(Object.keys(longStatements))('%s', (kind) => {
    const [short, long] = reads[kind]!
    expect(short).toBeGreaterThan(0)
    expect(long / short).toBeLessThan(18)
  })
})
