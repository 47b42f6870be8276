//! What the slots of a key are bound to.

use super::{CORE_LEN, Core};

/// Something that begins with 64 bytes which never change, and whose key stands in slots that open beside these
/// bytes only.
pub trait Binding {
    /// The 64 bytes. No two things have the same, so they hold something random.
    fn bound_bytes(&self) -> [u8; CORE_LEN];
}

impl Binding for Core {
    fn bound_bytes(&self) -> [u8; CORE_LEN] {
        self.encode()
    }
}
