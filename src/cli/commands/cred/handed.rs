//! What a program is to get, as it was asked for, and its values.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::target::Target;
use super::values::Values;
use crate::base::SecretText;
use crate::cli::args::cred::ExecArgs;
use crate::cli::failure::Failure;
use crate::credentials::{CredentialStore, Name};

/// What is handed out, as it was asked for.
pub(super) struct Wanted {
    pub(super) variables: Vec<(OsString, Target)>,
    pub(super) mounts: Vec<(PathBuf, Target)>,
}

/// The values themselves, in the same order, and the versions that they are from.
pub(super) struct Given {
    pub(super) variables: Vec<SecretText>,
    pub(super) files: Vec<SecretText>,
    pub(super) versions: BTreeMap<Name, u32>,
}

impl Wanted {
    pub(super) fn parse(args: &ExecArgs) -> Result<Self, Failure> {
        // What is wrong in an argument may be secret: it is not repeated.
        let mut variables = Vec::new();
        for text in &args.env {
            let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
            let (name, target) = pair.ok_or_else(|| Failure::usage("an --env is not VAR=NAME/FIELD"))?;
            variables.push((name.into(), Target::parse(target)?));
        }
        let mut mounts = Vec::new();
        for text in &args.mount {
            let pair = text.split_once('=').filter(|(_, path)| !path.is_empty());
            let (target, path) = pair.ok_or_else(|| Failure::usage("a --mount is not NAME/FIELD=PATH"))?;
            mounts.push((path.into(), Target::parse(target)?));
        }
        Ok(Self { variables, mounts })
    }

    /// Reads each credential once, as it is now.
    pub(super) fn read(&self, store: &dyn CredentialStore) -> Result<Given, Failure> {
        let mut values = Values::new(store);
        let mut variables = Vec::new();
        for (_, target) in &self.variables {
            let value = values.get(target)?;
            if value.expose().contains(&0) {
                let Target { name, field } = target;
                let message = format!("`{name}/{field}` holds a zero byte, which no variable takes");
                return Err(Failure::usage(message).hint("hand it out as a file, with --mount"));
            }
            variables.push(value);
        }
        let files = self.mounts.iter().map(|(_, target)| values.get(target)).collect::<Result<_, _>>()?;
        Ok(Given { variables, files, versions: values.versions() })
    }
}
