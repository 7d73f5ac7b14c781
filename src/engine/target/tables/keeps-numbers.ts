/** Whether the server kept every number in a text that it read. Pure. */

const number = /\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi

/** True when each number with a fraction in `given` also occurs in `printed`, in any spelling; false when one was rounded. */
export function keepsNumbers(given: string, printed: string): boolean {
  const fine = (given.match(number) ?? []).filter((one) => /[.e]/i.test(one))
  if (fine.length === 0) return true
  const kept = new Set((printed.match(number) ?? []).map(plain))
  return fine.every((one) => kept.has(plain(one)))
}

/** The significant digits and the exponent, so that equal numbers yield equal texts, however many digits they have. */
function plain(text: string): string {
  const [, whole, fraction = '', exponent = '0'] = /^(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text)!
  const digits = `${whole}${fraction}`
  const kept = digits.replace(/0+$/, '')
  const power = Number(exponent) - fraction.length + (digits.length - kept.length)
  const significant = kept.replace(/^0+/, '')
  return significant === '' ? '0' : `${significant}e${power}`
}
