//! What a machine cannot test.

use std::io::{Write, stderr};

/// Says loudly that a test could not do its part, past the capture of what tests print; where `CI` is set
/// that fails it.
pub(crate) fn skip(reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "CI is set, but {reason}");
    let _ = writeln!(stderr(), "\n*** SKIPPED: {reason}: what a crash may do WAS NOT TESTED ***\n");
}

/// The same for what only root can do: a machine on which nobody is root fails nothing.
#[allow(dead_code, reason = "each test uses a part of it")]
pub(crate) fn skip_without_root(reason: &str) {
    if rustix::process::geteuid().is_root() {
        return skip(reason);
    }
    let _ = writeln!(stderr(), "\n*** SKIPPED: {reason}: what others may do WAS NOT TESTED ***\n");
}
