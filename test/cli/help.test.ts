import { describe, expect, it } from 'vitest'

import { optionGroups } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/commands/index.ts'
import { commandHelp, exitCodesOf, overview } from '../../src/cli/help.ts'
import { optionsOf } from '../../src/cli/options-of.ts'
import { parseArguments } from '../../src/cli/parse-arguments.ts'
import { exitCodeMeanings, exitCodes } from '../../src/engine/door/index.ts'

const flat = (text: string): string => text.replace(/\s+/g, ' ')
const escaped = (text: string): string => text.replace(/[+().?*[\]|]/g, '\\$&')
/** Two screens of a large window. */
const twoScreens = 80

/** The words of an example, without what a shell would do with them. */
const wordsOf = (line: string): string[] =>
  line
    .replace(/ > .*$/, '')
    .split(' ')
    .slice(1)

describe('--help', () => {
  const text = overview(commands)

  it('fits a terminal of 80 columns', () => {
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
    expect(text).not.toMatch(/[ \t]$/m)
  })

  it.each(commands.map(({ name, purpose }) => ({ name, purpose })))('names $name', ({ name, purpose }) => {
    expect(text).toMatch(new RegExp(`^  ${name} `, 'm'))
    expect(flat(text)).toContain(purpose)
  })

  it('names each command once', () => {
    const names = commands.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  it('has a meaning for every exit code, and no other', () => {
    expect(exitCodeMeanings.map(({ code }) => code)).toEqual(
      Object.values(exitCodes).toSorted((a, b) => a - b),
    )
    for (const { code, meaning } of exitCodeMeanings)
      expect(text).toMatch(new RegExp(`^  ${code} +${escaped(meaning)}$`, 'm'))
  })
})

describe.each(commands.map((command) => ({ command, name: command.name })))('$name --help', ({ command }) => {
  const text = commandHelp(command, false)
  const full = commandHelp(command, true)

  it('fits 80 columns and two screens', () => {
    expect(`${text}${full}`.split('\n').filter((line) => line.length > 80)).toEqual([])
    expect(`${text}${full}`).not.toMatch(/[ \t]$/m)
    expect(text.split('\n').length).toBeLessThanOrEqual(twoScreens)
  })

  it('says what it is for, and names every option that it takes', () => {
    expect(flat(text)).toContain(command.purpose)
    for (const { name, description, group } of optionsOf(command)) {
      expect(text).toMatch(new RegExp(`^ .*--${name}( |$)`, 'm'))
      expect(full).toMatch(new RegExp(`^ .*--${name}( |$)`, 'm'))
      expect(flat(full)).toContain(description)
      expect(optionGroups).toContain(group)
    }
  })

  it('has two examples that the parser accepts', () => {
    expect(command.examples.length).toBeGreaterThanOrEqual(2)
    for (const { line } of command.examples) {
      expect(text).toContain(line)
      expect(line).toMatch(/^gpt-migrate( |$)/)
      expect(parseArguments(wordsOf(line)).command.name).toBe(command.name)
    }
  })

  it('names its exit codes', () => {
    const codes = exitCodesOf(command)
    expect(codes.map(({ code }) => code)).toContain(exitCodes.usage)
    for (const { code, meaning } of codes) expect(flat(text)).toContain(`${code} ${meaning}`)
  })
})
