//! Scans files for secrets that lie in them: trees as git sees them, or what is staged for a commit.
//!
//! A [`Scanner`] gives a [`Report`] of findings: rule, place, severity, confidence and a masked preview, never
//! the secret. What is known and accepted is in a [`Baseline`], or has `modelcrypt:allow` on its line.
//!
//! ```
//! use std::path::PathBuf;
//!
//! use modelcrypt::mask::Severity;
//! use modelcrypt::scan::{Scanner, report};
//!
//! # let dir = tempfile::tempdir().unwrap();
//! let scanner = Scanner::new().min_severity(Severity::Medium);
//! let report = scanner.scan(&[PathBuf::from(dir.path())]);
//! assert!(report.findings.is_empty() && report.failures.is_empty());
//! println!("{}", report::text(&report));
//! ```

mod allow;
mod baseline;
mod content;
mod error;
mod file;
mod finding;
mod fingerprint;
mod passage;
mod position;
mod preview;
pub mod report;
mod scanner;
mod spotter;
mod staged;
mod summary;
mod walk;

pub use baseline::Baseline;
pub use error::Error;
pub use finding::{CellPart, Finding, Region, Within};
pub use fingerprint::Fingerprint;
pub use position::Position;
pub use scanner::Scanner;
pub use summary::{Failed, Report};
