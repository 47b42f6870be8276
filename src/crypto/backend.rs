//! Which implementation of the primitives works.

/// An implementation of every primitive here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// AWS-LC: assembly for the processor at hand.
    #[cfg(feature = "aws-lc")]
    AwsLc,
    /// AES-256-GCM of ring, all else as [`Backend::AwsLc`]. AWS-LC uses a processor's wide AES instructions
    /// (VAES) only beside AVX-512; ring needs AVX2, so that AMD's Zen 3 and its like seal nearly twice as fast.
    #[cfg(all(feature = "ring", target_arch = "x86_64"))]
    Ring,
    /// RustCrypto: pure Rust, any target.
    Portable,
}

impl Backend {
    /// All that this build has.
    pub const ALL: &[Self] = &[
        #[cfg(feature = "aws-lc")]
        Self::AwsLc,
        #[cfg(all(feature = "ring", target_arch = "x86_64"))]
        Self::Ring,
        Self::Portable,
    ];

    /// A short name for tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "aws-lc")]
            Self::AwsLc => "aws-lc",
            #[cfg(all(feature = "ring", target_arch = "x86_64"))]
            Self::Ring => "ring",
            Self::Portable => "portable",
        }
    }
}

impl Default for Backend {
    /// The fastest that this build has for this processor.
    fn default() -> Self {
        #[cfg(all(feature = "ring", target_arch = "x86_64"))]
        if is_x86_feature_detected!("vaes")
            && is_x86_feature_detected!("vpclmulqdq")
            && !is_x86_feature_detected!("avx512f")
        {
            return Self::Ring;
        }
        Self::ALL[0]
    }
}
