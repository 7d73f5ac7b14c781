/** boolean from text: 0, 1, and the usual words in any case. */
import { write4 } from './big-endian'
import { LEAVE } from './outcome'

/** Words as numbers of five bits a character: letters from 1 in the order of the alphabet, and two digits. */
const ZERO: i32 = 27
const ONE: i32 = 28
const T: i32 = 20
const F: i32 = 6
const Y: i32 = 25
const N: i32 = 14
const ON: i32 = (15 << 5) | N
const NO: i32 = (N << 5) | 15
const YES: i32 = (Y << 10) | (5 << 5) | 19
const OFF: i32 = (15 << 10) | (F << 5) | F
const TRUE: i32 = (T << 15) | (18 << 10) | (21 << 5) | 5
const FALSE: i32 = (F << 20) | (1 << 15) | (12 << 10) | (19 << 5) | 5

export function writeTruthOfText(to: i32, start: i32, end: i32): i32 {
  const word = wordAt(start, end)
  const isTrue = word === TRUE || word === T || word === ONE || word === YES || word === Y || word === ON
  const isFalse = word === FALSE || word === F || word === ZERO || word === NO || word === N || word === OFF
  if (!isTrue && !isFalse) return LEAVE
  write4(to, 1)
  store<u8>(to, isTrue ? 1 : 0, 4)
  return to + 5
}

/** Returns -1 for what is longer than five characters, or has others. */
function wordAt(start: i32, end: i32): i32 {
  if (end - start > 5) return -1
  let word = 0
  for (let at = start; at < end; at++) {
    const byte = <i32>load<u8>(at)
    const letter = byte & 0x5f
    if (byte >= 0x41 && letter >= 0x41 && letter <= 0x5a && byte < 0x80) word = (word << 5) | (letter - 0x40)
    else if (byte === 0x30 || byte === 0x31) word = (word << 5) | (byte - 0x30 + ZERO)
    else return -1
  }
  return word
}
