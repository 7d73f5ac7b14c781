/** Numbers in network byte order, as in COPY BINARY. */

export function write2(to: i32, value: i32): void {
  store<u8>(to, <u8>(value >> 8))
  store<u8>(to, <u8>value, 1)
}

export function write4(to: i32, value: i32): void {
  store<u32>(to, bswap<u32>(<u32>value))
}

export function write8(to: i32, value: i64): void {
  store<u64>(to, bswap<u64>(<u64>value))
}
