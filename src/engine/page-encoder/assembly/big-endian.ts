/** Numbers of 64 bits with the most significant byte first, as SQLite stores them and COPY BINARY has them; WebAssembly has no such access. */

function reversed(halves: v128): v128 {
  return v128.shuffle<u8>(halves, halves, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8)
}

export function loadInteger(at: i32): i64 {
  return i64x2.extract_lane(reversed(v128.load64_zero(at)), 0)
}

export function loadDouble(at: i32): f64 {
  return f64x2.extract_lane(reversed(v128.load64_zero(at)), 0)
}

export function storeInteger(to: i32, value: i64): void {
  v128.store64_lane(to, reversed(i64x2.splat(value)), 0)
}

export function storeDouble(to: i32, value: f64): void {
  v128.store64_lane(to, reversed(f64x2.splat(value)), 0)
}
