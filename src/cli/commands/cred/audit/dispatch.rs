//! From the arguments of `cred audit` to the verb.

use super::{checkpoint, show, verify};
use crate::cli::args::cred::{AuditArgs, AuditVerb};
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;

pub(in crate::cli::commands::cred) fn run(args: &AuditArgs, context: &Context) -> Result<Exit, Failure> {
    match &args.verb {
        AuditVerb::Show(args) => show::run(args, context),
        AuditVerb::Verify(args) => verify::run(args, context),
        AuditVerb::Checkpoint(args) => checkpoint::run(args, context),
    }
}
