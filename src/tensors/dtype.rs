//! The types of elements that the safetensors format knows.

use std::fmt;

macro_rules! dtypes {
    ($($(#[$doc:meta])* $variant:ident $name:literal $bits:literal,)*) => {
        /// The type of a tensor's elements, as the safetensors format names them. Little-endian.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Dtype {
            $($(#[$doc])* $variant,)*
        }

        impl Dtype {
            /// All of them, small elements first.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// As it stands in a header, such as `BF16`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Bits of one element: 4, 6, or a multiple of 8.
            #[must_use]
            pub fn bits(self) -> u64 {
                match self {
                    $(Self::$variant => $bits,)*
                }
            }
        }
    };
}

dtypes! {
    /// MXFP4 element (E2M1, OCP Microscaling Formats 1.0), two in a byte.
    F4 "F4" 4,
    /// MXFP6 element, E2M3 (OCP Microscaling Formats 1.0), four in three bytes.
    F6E2M3 "F6_E2M3" 6,
    /// MXFP6 element, E3M2 (OCP Microscaling Formats 1.0), four in three bytes.
    F6E3M2 "F6_E3M2" 6,
    /// 0 or 1, in a byte.
    Bool "BOOL" 8,
    /// Unsigned byte.
    U8 "U8" 8,
    /// Signed byte.
    I8 "I8" 8,
    /// FP8, E5M2 (OCP 8-bit Floating Point).
    F8E5M2 "F8_E5M2" 8,
    /// FP8, E4M3 (OCP 8-bit Floating Point).
    F8E4M3 "F8_E4M3" 8,
    /// Exponent of a block scale (OCP Microscaling Formats 1.0).
    F8E8M0 "F8_E8M0" 8,
    /// FP8, E4M3 without infinities and negative zero.
    F8E4M3Fnuz "F8_E4M3FNUZ" 8,
    /// FP8, E5M2 without infinities and negative zero.
    F8E5M2Fnuz "F8_E5M2FNUZ" 8,
    /// Signed, 16 bits.
    I16 "I16" 16,
    /// Unsigned, 16 bits.
    U16 "U16" 16,
    /// IEEE 754 half precision.
    F16 "F16" 16,
    /// The upper half of a single.
    Bf16 "BF16" 16,
    /// Signed, 32 bits.
    I32 "I32" 32,
    /// Unsigned, 32 bits.
    U32 "U32" 32,
    /// IEEE 754 single precision.
    F32 "F32" 32,
    /// Two singles: real and imaginary part.
    C64 "C64" 64,
    /// IEEE 754 double precision.
    F64 "F64" 64,
    /// Signed, 64 bits.
    I64 "I64" 64,
    /// Unsigned, 64 bits.
    U64 "U64" 64,
}

impl Dtype {
    /// The type of this name, letter for letter.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|dtype| dtype.name() == name)
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
