//! `cred setup`: the credential of a service that is known; what is not given is asked for.

use std::io::{self, IsTerminal};

use super::keep::{self, Keeping};
use crate::cli::args::cred::{SecretArgs, SetupArgs, SetupAwsArgs, SetupFor, SetupHfArgs, StoreArgs};
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::{credential_store, prompt, secret_input};
use crate::credentials::{Kind, Name, Record};

pub(in crate::cli) fn run(args: &SetupArgs, context: &Context) -> Result<Exit, Failure> {
    match &args.of {
        SetupFor::Aws(args) => aws(args, context),
        SetupFor::Hf(args) => hf(args, context),
    }
}

fn aws(args: &SetupAwsArgs, context: &Context) -> Result<Exit, Failure> {
    let is_asked = is_asked(&args.secret);
    let id = match &args.access_key_id {
        Some(id) => id.clone(),
        None if is_asked => prompt::question("Access key id:")?,
        None => {
            return Err(Failure::usage("no access key id was given").hint("pass --access-key-id ID"));
        }
    };
    let region = match &args.region {
        Some(region) => Some(region.clone()),
        None if is_asked => {
            Some(prompt::question("Region (empty for none):")?).filter(|region| !region.is_empty())
        }
        None => None,
    };
    let describe = |record: &mut Record| {
        record.username = Some(id.clone());
        for (key, value) in [("region", &region), ("endpoint", &args.endpoint)] {
            if let Some(value) = value {
                record.extra.insert(key.into(), value.clone());
            }
        }
    };
    let wanted =
        Wanted { name: &args.name, kind: Kind::Aws, asked: "Secret access key", describe: &describe };
    wanted.keep(&args.secret, &args.stores, context)
}

fn hf(args: &SetupHfArgs, context: &Context) -> Result<Exit, Failure> {
    let describe = |record: &mut Record| {
        if let Some(endpoint) = &args.endpoint {
            record.extra.insert("endpoint".into(), endpoint.clone());
        }
    };
    let wanted = Wanted { name: &args.name, kind: Kind::Huggingface, asked: "Token", describe: &describe };
    wanted.keep(&args.secret, &args.stores, context)
}

/// A credential that is set up.
struct Wanted<'a> {
    name: &'a str,
    kind: Kind,
    /// What its secret is called.
    asked: &'a str,
    describe: &'a dyn Fn(&mut Record),
}

impl Wanted<'_> {
    fn keep(&self, secret: &SecretArgs, stores: &StoreArgs, context: &Context) -> Result<Exit, Failure> {
        let name: Name = self.name.parse()?;
        let chain = credential_store::open_to_keep(stores, context)?;
        let found = keep::find(&chain, &name, Some(self.kind))?;
        let secret = secret_input::read(secret, self.asked)?;
        let keeping = Keeping { name, kind: Some(self.kind), expires: None, describe: self.describe };
        keep::keep(&chain, stores, found, &keeping, secret)?.tell(context)?;
        Ok(Exit::Done)
    }
}

/// Whether a person answers.
fn is_asked(secret: &SecretArgs) -> bool {
    let is_given = secret.from_file.is_some() || secret.from_env.is_some();
    !is_given && io::stdin().is_terminal() && prompt::can_ask()
}
