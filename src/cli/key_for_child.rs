//! A key that a program under this one must not see.

use std::os::unix::ffi::OsStringExt;

use super::args::KeyArgs;
use super::context::Context;
use super::failure::Failure;
use super::{child, key};
use crate::ErrorKind;
use crate::base::SecretText;
use crate::keys::KeySource;

/// Starts this program anew without the key in its environment, if there is one in it: the child could read it there,
/// and unsetting a variable would leave it in `/proc/PID/environ`.
pub(super) fn keep_from(args: &KeyArgs, context: &Context) -> Result<(), Failure> {
    // What may hold a key.
    let variables: Vec<&str> = args.variable().into_iter().chain([KeySource::VARIABLE]).collect();
    if variables.iter().all(|name| std::env::var_os(name).is_none()) {
        return Ok(());
    }
    let in_use = match key::source(args, context)? {
        Some(source @ KeySource::Variable(_)) => {
            // What was named may be a key itself: the source knows not to say it.
            source.load()?;
            let name = args.variable().unwrap_or(KeySource::VARIABLE);
            std::env::var_os(name).map(|text| SecretText::new(text.into_vec()))
        }
        _ => None,
    };
    let error = child::relaunch(&variables, in_use.as_ref());
    Err(Failure::new(ErrorKind::Io, format!("starting anew without the key in the environment: {error}")))
}
