import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyNames } from '../../src/ui/key-names.ts'
import { editText, maskAll, maskPassword, noText, type TextEdit } from '../../src/ui/text-edit.ts'

const edits = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), text: fc.string({ unit: 'grapheme' }) }),
  fc.constantFrom<TextEdit>(
    { kind: 'backspace' },
    { kind: 'delete' },
    { kind: 'left' },
    { kind: 'right' },
    { kind: 'home' },
    { kind: 'end' },
    { kind: 'delete-word' },
  ),
)

describe('typing', () => {
  it('keeps the cursor within the text, and never makes half a character', () => {
    fc.assert(
      fc.property(fc.array(edits), (happening) => {
        const value = happening.reduce(editText, noText)
        expect(value.cursor).toBeGreaterThanOrEqual(0)
        expect(value.cursor).toBeLessThanOrEqual([...value.text].length)
        expect(value.text.isWellFormed()).toBe(true)
      }),
    )
  })

  it('what is typed and taken back leaves nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        let value = editText(noText, { kind: 'insert', text })
        while (value.text !== '') value = editText(value, { kind: 'backspace' })
        expect(value).toEqual(noText)
      }),
    )
  })

  it('a pasted line loses its line end and its control characters', () => {
    expect(editText(noText, { kind: 'insert', text: 'postgres://a@h/d\r\n' }).text).toBe('postgres://a@h/d')
    expect(editText(noText, { kind: 'insert', text: 'a\u001b[31mb' }).text).toBe('a[31mb')
  })
})

describe('passwords', () => {
  it('are never shown, and the cursor keeps its place', () => {
    const passwords = fc.string({ minLength: 1 }).filter((text) => !/[@\s/?#'\\]/.test(text))
    fc.assert(
      fc.property(passwords, (password) => {
        for (const text of [
          `postgres://ada:${password}@db:5432/x`,
          `postgresql://:${password}@/x`,
          `host=db password=${password} dbname=x`,
          `host=db password = '${password}'`,
        ]) {
          const shown = maskPassword(text)
          expect([...shown].length).toBe([...text].length)
          expect(shown).toContain(maskAll(password))
        }
      }),
    )
    expect(maskPassword('postgres://ada:p@ss@db/x')).toBe('postgres://ada:••••@db/x')
    expect(maskPassword('postgres://db/x?password=secret&sslmode=require')).not.toContain('secret')
  })

  it('are not shown while the URL is still being typed', () => {
    const whole = 'postgres://ada:topsecret@db/x'
    for (let length = 'postgres://ada:tops'.length; length <= whole.length; length++)
      expect(maskPassword(whole.slice(0, length))).not.toContain('tops')
  })
})

describe('keys', () => {
  const none = {
    upArrow: false,
    downArrow: false,
    leftArrow: false,
    rightArrow: false,
    pageUp: false,
    pageDown: false,
    home: false,
    end: false,
    return: false,
    escape: false,
    tab: false,
    backspace: false,
    delete: false,
    ctrl: false,
    shift: false,
    meta: false,
  }
  it('that were pressed faster than they were read all count', () => {
    expect(keyNames('jj \r', none)).toEqual(['j', 'j', 'space', 'enter'])
    expect(keyNames('c', { ...none, ctrl: true })).toEqual(['ctrl+c'])
    expect(keyNames('', { ...none, tab: true, shift: true })).toEqual(['shift+tab'])
    expect(keyNames('f', { ...none, meta: true })).toEqual([])
  })
})
