/** Counts a text, so many times, on the caller's side: one whose form is not plain to see. */
export declare function ask(column: i32, start: i32, end: i32, times: i32): void
