/** Numbers in network byte order, as in COPY BINARY. */

export function write2(to: i32, value: i32): void {
  store<u16>(to, bswap<u16>(<u16>value))
}

export function write4(to: i32, value: i32): void {
  store<u32>(to, bswap<u32>(<u32>value))
}

export function write8(to: i32, value: i64): void {
  const bytes = i64x2.splat(value)
  v128.store64_lane(
    to,
    v128.shuffle<u8>(bytes, bytes, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8),
    0,
  )
}
