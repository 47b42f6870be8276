//! The program as a whole: its verbs, and what is said of all of them.

use clap::{Parser, Subcommand};

use super::cred::CredArgs;
use super::mask::MaskArgs;
use super::output::OutputArgs;
#[cfg(unix)]
use super::run::RunArgs;
use super::scan::ScanArgs;
use super::urls::{PresignArgs, SignUrlArgs, VerifyUrlArgs};
use super::verbs::{CatArgs, CompletionsArgs, InspectArgs, KeygenArgs, ManArgs, StatusArgs, SweepArgs};
use super::work::{DecryptArgs, EncryptArgs, ReencryptArgs, RewrapArgs, VerifyArgs};

/// Keeps ML model files encrypted at rest.
#[derive(Debug, Parser)]
#[command(name = "modelcrypt", version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "\
Example: modelcrypt encrypt ./models

Without a key flag a verb takes $MODELCRYPT_KEY, then the configured key file, then master.key in the \
user's configuration folder, then asks on the terminal.

Exit codes: 0 done, 1 failed, 2 usage, 3 no key or none that opens, 4 tampered or cut short, 5 a policy \
does not hold, 130 and 143 interrupted.")]
pub(in crate::cli) struct Cli {
    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,
    #[command(subcommand)]
    pub(in crate::cli) verb: Verb,
}

/// One for each thing the program does.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Verb {
    Keygen(KeygenArgs),
    Encrypt(EncryptArgs),
    Decrypt(DecryptArgs),
    Verify(VerifyArgs),
    Status(StatusArgs),
    Inspect(InspectArgs),
    Rewrap(RewrapArgs),
    Reencrypt(ReencryptArgs),
    Cat(CatArgs),
    #[cfg(unix)]
    Run(RunArgs),
    Sweep(SweepArgs),
    /// Measure ciphers, hash and key derivation on this machine
    #[command(after_help = "Example: modelcrypt bench")]
    Bench,
    Presign(PresignArgs),
    SignUrl(SignUrlArgs),
    VerifyUrl(VerifyUrlArgs),
    Cred(CredArgs),
    Mask(MaskArgs),
    Scan(ScanArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

impl Verb {
    /// As it is typed.
    pub(in crate::cli) fn name(&self) -> &'static str {
        match self {
            Self::Keygen(_) => "keygen",
            Self::Encrypt(_) => "encrypt",
            Self::Decrypt(_) => "decrypt",
            Self::Verify(_) => "verify",
            Self::Status(_) => "status",
            Self::Inspect(_) => "inspect",
            Self::Rewrap(_) => "rewrap",
            Self::Reencrypt(_) => "reencrypt",
            Self::Cat(_) => "cat",
            #[cfg(unix)]
            Self::Run(_) => "run",
            Self::Sweep(_) => "sweep",
            Self::Bench => "bench",
            Self::Presign(_) => "presign",
            Self::SignUrl(_) => "sign-url",
            Self::VerifyUrl(_) => "verify-url",
            Self::Cred(args) => args.verb.name(),
            Self::Mask(_) => "mask",
            Self::Scan(_) => "scan",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory};

    use super::*;

    /// All verbs, nested ones too, as they are typed.
    fn verbs() -> Vec<(String, Command)> {
        fn below(path: &str, command: &Command, found: &mut Vec<(String, Command)>) {
            for verb in command.get_subcommands() {
                let path = format!("{path}{}", verb.get_name());
                found.push((path.clone(), verb.clone()));
                below(&(path + " "), verb, found);
            }
        }
        let mut found = Vec::new();
        below("", &Cli::command(), &mut found);
        found
    }

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_verb_has_an_example_and_knows_its_name() {
        for (path, verb) in verbs() {
            let after = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            let is_example =
                |line: &str| line.starts_with("Example: ") && line.contains(&format!("modelcrypt {path}"));
            assert!(after.lines().any(is_example), "{path}");
        }
        assert_eq!(Cli::parse_from(["modelcrypt", "bench"]).verb.name(), "bench");
        for (typed, name) in [("set x", "cred set"), ("store x", "cred set"), ("setup hf", "cred setup hf")] {
            let args = ["modelcrypt", "cred"].into_iter().chain(typed.split(' '));
            assert_eq!(Cli::parse_from(args).verb.name(), name);
        }
    }

    #[test]
    fn a_secret_has_no_flag() {
        for (_, verb) in verbs() {
            for arg in verb.get_arguments() {
                let long = arg.get_long().unwrap_or_default();
                assert!(
                    !["key", "passphrase", "password", "secret", "token", "value", "new-key"].contains(&long),
                    "{long}"
                );
            }
        }
    }
}
