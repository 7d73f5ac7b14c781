/** Whether a byte of text is one of 0 to 9. */
export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}
