//! Whether a decrypted model is going to be changed.

/// What a loader may do with the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Read them. What never was sealed is linked.
    #[default]
    Read,
    /// Change them and add more, to be written back on closing. What never was sealed is copied, so that the
    /// originals stay as they are. Not in memory files.
    Write,
}
