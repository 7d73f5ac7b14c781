/**
 * Any character of Unicode, as `fc.string({ unit: 'binary' })` takes them; but that one writes down all 1.1 million of them first, which
 * takes a second.
 */
import fc from 'fast-check'

/** Surrogates are no characters: code points from 0xD800 on are 0x800 further on. */
export const anyCharacter: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10ffff - 0x800 })
  .map((number) => String.fromCodePoint(number < 0xd800 ? number : number + 0x800))
