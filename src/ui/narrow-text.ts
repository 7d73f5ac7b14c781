/**
 * Measures, cuts and wraps text of narrow characters alone, as the libraries of `text-libraries.ts` do with any text; compiling what those
 * know of Unicode takes as long as starting Node. Pure. Invariant: a narrow character is one UTF-16 unit and one cell, whatever stands
 * beside it, and is never part of an escape sequence.
 */

/** Letters of Latin, punctuation, the no-break space, arrows, frames and blocks; without the soft hyphen and whatever combines. */
const narrow =
  /^[\x20-\x7e\xa0-\xac\xae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u2199\u2500-\u259f\u25cb\u25cf\u2713\u2717\u276f]*$/

/** Whether the text consists of narrow characters: then its length is its width. */
export function isNarrow(text: string): boolean {
  return narrow.test(text)
}

/** Cuts a narrow text to `room` cells, fewer than it has; `more` is narrow too, and shorter than that. */
export function cutNarrow(text: string, room: number, position: 'end' | 'middle', more: string): string {
  if (position === 'end') return text.slice(0, room - more.length) + more
  const half = Math.min(Math.floor(room / 2), room - more.length)
  return text.slice(0, half) + more + text.slice(text.length - (room - half) + more.length)
}

/**
 * Wraps a narrow text at single spaces to lines of at most `room` cells. Returns null where more than that has to be decided: at other
 * spaces, a no-break space at the start of a word among them, and at words longer than a line where those are to be broken.
 */
export function wrapNarrow(text: string, room: number, hard: boolean): string[] | null {
  if (text.length <= room && text === text.trim()) return [text]
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (word === '' || word !== word.trimStart() || (hard && word.length > room)) return null
    if (line === '') line = word
    else if (line.length + 1 + word.length <= room) line += ` ${word}`
    else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line]
}
