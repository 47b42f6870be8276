//! Which implementation of the primitives works.

/// An implementation of every primitive here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// AWS-LC: assembly for the processor at hand.
    #[cfg(feature = "aws-lc")]
    AwsLc,
    /// RustCrypto: pure Rust, any target.
    Portable,
}

impl Backend {
    /// All that this build has, the fastest first.
    pub const ALL: &[Self] = &[
        #[cfg(feature = "aws-lc")]
        Self::AwsLc,
        Self::Portable,
    ];

    /// A short name for tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "aws-lc")]
            Self::AwsLc => "aws-lc",
            Self::Portable => "portable",
        }
    }
}

impl Default for Backend {
    /// The fastest that this build has.
    fn default() -> Self {
        Self::ALL[0]
    }
}
