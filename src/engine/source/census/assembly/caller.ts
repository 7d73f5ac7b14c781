/** Passes a text of `times` rows to the caller to count, since its form cannot be told here. */
export declare function ask(column: i32, start: i32, end: i32, times: i32): void
