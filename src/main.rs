//! The `modelcrypt` command.

fn main() {}
