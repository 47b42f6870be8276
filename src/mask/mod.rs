//! Finds secrets in text and takes them out.
//!
//! ```
//! use modelcrypt::base::SecretText;
//! use modelcrypt::mask::Masker;
//!
//! let masker = Masker::new();
//! masker.register(&SecretText::new(b"correct horse".to_vec()))?;
//! let masked = masker.text("login as admin with correct%20horse");
//! assert!(masked.starts_with("login as admin with __masked.known-value."));
//! assert_eq!(masker.text(&masked), masked);
//! # Ok::<(), modelcrypt::mask::Error>(())
//! ```
//!
//! Three detectors share one pass over the text ([`Finder`]): registered values, the rules of vendors' tokens (`rules.toml`), and a parser
//! that knows by which names secrets go. The pass itself is a filter over groups of four bytes; a detector looks only where one of its
//! words stands, and only as far as the text lets the work stay linear.
//!
//! A secret becomes `__masked.RULE.FINGERPRINT__` ([`Masker`]). The fingerprint is the same for the same secret while the process lives,
//! and tells nothing to who was not there. What is masked stays as it is when it is masked again. JSON stays JSON, UTF-8 stays UTF-8.

mod automaton;
mod boundary;
mod checksum;
mod entropy;
mod error;
mod finder;
mod forms;
mod found;
mod grams;
mod json;
mod json_places;
mod known;
#[cfg(feature = "tracing")]
mod layer;
mod long_line;
mod masked;
mod masker;
mod overlap;
mod pem;
mod placeholder;
mod rule;
mod search;
mod settled;
mod severity;
mod stops;
mod stream;
mod structure;
mod syntax;
mod text;
mod visible;
mod work;

pub use checksum::Checksum;
pub use entropy::entropy;
pub use error::Error;
pub use finder::Finder;
pub use found::{Found, Place};
#[cfg(feature = "tracing")]
pub use layer::MaskLayer;
pub use masker::Masker;
pub use placeholder::is_placeholder;
pub use rule::{Match, Rule, rule, rules};
pub use severity::{Confidence, Severity};
pub use stream::MaskWriter;
pub use syntax::Syntax;
