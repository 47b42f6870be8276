//! What can be typed: the one definition behind the parser, `--help`, the completions and the man pages.

pub(super) mod cred;
mod key;
mod mask;
mod output;
mod program;
#[cfg(unix)]
mod run;
mod scan;
mod urls;
mod verbs;
mod work;

pub(super) use key::{KeyArgs, NewKeyArgs, SourceArgs};
pub(super) use mask::MaskArgs;
pub(super) use output::{Colour, OutputArgs};
pub(super) use program::{Cli, Verb};
#[cfg(unix)]
pub(super) use run::{PlaceArg, RunArgs};
pub(super) use scan::{Format, MinSeverity, ScanArgs};
pub(super) use urls::{Life, PresignArgs, SignUrlArgs, VerifyUrlArgs};
pub(super) use verbs::{
    CatArgs, CompletionsArgs, InspectArgs, KeygenArgs, ManArgs, Range, StatusArgs, SweepArgs,
};
pub(super) use work::{
    Checksum, DecryptArgs, EncryptArgs, PathArgs, ReencryptArgs, RewrapArgs, SelectArgs, Stage, VerifyArgs,
};
