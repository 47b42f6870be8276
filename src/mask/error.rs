//! Why a value is not looked for.

/// An error of masking.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value so short that it stands in every other text.
    #[error("a known value of fewer than 6 bytes")]
    TooShort,
    /// More values than can be numbered.
    #[error("the known values have more than {} bytes in all their forms", u32::MAX)]
    TooMany,
}
