//! niyam
fn main() {}
