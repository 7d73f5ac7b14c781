/** Any Unicode character, like `fc.string({ unit: 'binary' })`, which however first lists all 1.1 million of them, for a second. */
import fc from 'fast-check'

/** Surrogates are not characters: code points from 0xD800 on are shifted by 0x800. */
export const anyCharacter: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10ffff - 0x800 })
  .map((number) => String.fromCodePoint(number < 0xd800 ? number : number + 0x800))
