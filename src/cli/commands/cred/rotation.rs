//! The rotation of one credential: by hand, or by the commands that it keeps.

use crate::cli::args::cred::RotateArgs;
use crate::cli::failure::Failure;
use crate::cli::secret_input;
use crate::credentials::{
    Credential, CredentialStore, Entry, Moment, Name, NewSecret, Refusal, Rotation, check_by_command,
    generate, secret_of_command,
};

/// Creates the new secret as `args` say, or with the command that the credential keeps; checks and switches.
pub(super) fn rotate(args: &RotateArgs, store: &dyn CredentialStore, name: &Name) -> Result<Entry, Failure> {
    let record = store.entry(name)?.record;
    let mut rotation = Rotation::new(store, name.clone());
    if let Some(grace) = args.grace {
        rotation = rotation.grace(grace.0);
    }
    if let Some(end) = args.expires.and_then(|when| when.after(store.now().time())) {
        rotation = rotation.expires(Moment::from(end));
    }
    let check = args.verify.as_deref().or(record.verify_command.as_deref());
    let mut verify = |credential: &Credential| -> Result<(), Refusal> {
        check.map_or(Ok(()), |command| check_by_command(command, credential))
    };
    let command = args.exec.as_deref().or(record.rotate_command.as_deref());
    let mut make = |entry: &Entry| secret_of_command(command.unwrap_or_default(), entry);
    let secret = if args.stdin {
        NewSecret::Given(secret_input::new(&format!("New secret of {name}"))?)
    } else if let Some(len) = args.generate {
        NewSecret::Given(generate(len)?)
    } else if command.is_some() {
        NewSecret::Made(&mut make)
    } else {
        let ways = "pass --stdin, --generate N or --exec CMD, or keep a command";
        return Err(Failure::usage(format!("`{name}` keeps no command that makes a new secret"))
            .hint(format!("{ways}: `modelcrypt cred edit {name} --rotate-command CMD`")));
    };
    Ok(rotation.run(secret, &mut verify)?)
}
