//! Every access on record: a log of JSON lines, each under a MAC that covers the one before.
//!
//! An access to the keyring or the vault takes place only if it can be put on record. A read is one line, written
//! before its secret is handed out; a change is two, one before it begins and one when it is done or has failed, so
//! that nothing is changed without a line on the medium. The vault remembers the newest line, so that a log cut
//! short shows. The line that a change begins with is on the medium before it does; the others are in the hands of
//! the operating system, unless [`Sync::Always`] is asked for: a power cut may lose them, and verification says so.
//!
//! Several processes append to one log. A log that was tampered with is not continued: every access fails until it
//! was looked at and [`AuditLog::start_anew`] has put it aside.

mod audited;
mod boot;
mod checkpoint;
mod line;
mod log;
mod report;
mod tail;
mod verify;

pub use audited::Audited;
pub use checkpoint::Checkpoint;
pub use line::{Access, Actor, Line, Outcome};
pub use log::{AuditLog, Sync};
pub use report::{AuditReport, Finding};
