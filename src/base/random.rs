//! Randomness from the operating system.

use std::io;

/// Fills `bytes` from the operating system's generator.
pub fn fill(bytes: &mut [u8]) -> io::Result<()> {
    getrandom::fill(bytes).map_err(io::Error::other)
}
