/** Whether the server keeps every number of a text that it reads. Pure. */

const number = /\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi

/** True where each number with a fraction in `given` is in `printed`, too, in whatever spelling: a rounded one is not. */
export function keepsNumbers(given: string, printed: string): boolean {
  const fine = (given.match(number) ?? []).filter((one) => /[.e]/i.test(one))
  if (fine.length === 0) return true
  const kept = new Set((printed.match(number) ?? []).map(plain))
  return fine.every((one) => kept.has(plain(one)))
}

/** Digits and the place of the point, so that equal numbers are equal texts, however many digits they have. */
function plain(text: string): string {
  const [, whole, fraction = '', exponent = '0'] = /^(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text)!
  const digits = `${whole}${fraction}`
  const kept = digits.replace(/0+$/, '')
  const power = Number(exponent) - fraction.length + (digits.length - kept.length)
  const significant = kept.replace(/^0+/, '')
  return significant === '' ? '0' : `${significant}e${power}`
}
