//! From the arguments to the protocol.

use super::{aws, docker, git};
use crate::cli::args::cred::{HelperArgs, HelperVerb};
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;

pub(in crate::cli) fn run(args: &HelperArgs, context: &Context) -> Result<Exit, Failure> {
    context.refuse_json()?;
    match &args.of {
        HelperVerb::Aws(args) => aws::run(args, context),
        HelperVerb::Docker(args) => docker::run(args, context),
        HelperVerb::Git(args) => git::run(args, context),
    }
}
