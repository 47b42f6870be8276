//! A report for people, for programs, and for code hosts.

mod json;
mod sarif;
mod text;

pub use json::{JsonFinding, json};
pub use sarif::sarif;
pub use text::{severity, text};
