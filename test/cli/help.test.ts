import { describe, expect, it } from 'vitest'
import { helpText } from '../../src/cli/help.ts'
import { commandSpecs, optionGroups, optionSpecs } from '../../src/cli/options.ts'
import { exitCodeMeanings, exitCodes } from '../../src/engine/door/index.ts'

const text = helpText()
const flat = text.replace(/\s+/g, ' ')

describe('--help', () => {
  it('fits a terminal of 80 columns', () => {
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
    expect(text).not.toMatch(/[ \t]$/m)
  })

  it.each(optionSpecs.map((spec) => [spec.name, spec.description]))('names --%s', (name, description) => {
    expect(text).toMatch(new RegExp(`^ .*--${name}( |$)`, 'm'))
    expect(flat).toContain(description)
  })

  it.each(commandSpecs.map((spec) => [spec.name, spec.description]))(
    'names the command %s',
    (name, words) => {
      expect(text).toMatch(new RegExp(`^  ${name} `, 'm'))
      expect(flat).toContain(words)
    },
  )

  it('has every option in a group that is shown', () => {
    for (const spec of optionSpecs) expect(optionGroups).toContain(spec.group)
  })

  it('has a meaning for every exit code, and no other', () => {
    expect(exitCodeMeanings.map(({ code }) => code)).toEqual(
      Object.values(exitCodes).toSorted((a, b) => a - b),
    )
    for (const { code, meaning } of exitCodeMeanings)
      expect(text).toMatch(new RegExp(`^  ${code} +${meaning.replace(/[+]/g, '\\+')}$`, 'm'))
  })
})
