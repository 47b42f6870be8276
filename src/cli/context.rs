//! What every verb runs with.

use std::path::PathBuf;

use super::args::OutputArgs;
use super::failure::Failure;
use super::terminal::Terminal;
use crate::ErrorKind;
use crate::model::Policy;

/// What every verb runs with.
pub(super) struct Context {
    pub(super) verb: &'static str,
    pub(super) terminal: Terminal,
    pub(super) json: bool,
    config: Option<PathBuf>,
}

impl Context {
    pub(super) fn new(verb: &'static str, args: &OutputArgs) -> Self {
        let config = args.config.clone();
        Self { verb, terminal: Terminal::new(args), json: args.json, config }
    }

    /// The configuration that was named.
    pub(super) fn policy(&self) -> Result<Option<Policy>, Failure> {
        Ok(self.config.as_deref().map(Policy::load).transpose()?)
    }

    /// The key file that the configuration names: the one on the command line, or the user's own.
    pub(super) fn configured_key(&self) -> Result<Option<PathBuf>, Failure> {
        if let Some(key) = self.policy()?.and_then(|policy| policy.key) {
            return Ok(Some(key));
        }
        Ok(Policy::of_user()?.and_then(|policy| policy.key))
    }

    /// Fails for a verb whose standard output is the bytes themselves.
    pub(super) fn refuse_json(&self) -> Result<(), Failure> {
        if self.json {
            return Err(Failure::new(
                ErrorKind::InvalidInput,
                format!("`{}` writes its result to standard output as it is: no --json", self.verb),
            ));
        }
        Ok(())
    }
}
