/** The columns' row encoders, called in JavaScript. Each returns where the field ends, with NORMALIZED if it was normalized; or LEAVE. */

export declare function askBytes(field: i32, isBlob: i32, at: i32, end: i32, to: i32): i32
export declare function askNumber(field: i32, isReal: i32, value: f64, to: i32): i32
