//! `run`: a program on a model that is opened for it, and gone when it ends.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::job;
use crate::cli::args::{PlaceArg, RunArgs};
use crate::cli::child::{Running, Signals, not_started};
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::key::{self, Key};
use crate::cli::progress_bar::Watcher;
use crate::cli::ready_file::ReadyFile;
use crate::cli::{hardening, human, interrupt, key_for_child};
use crate::guard::{Access, GuardOptions, Protection, WriteBack};
use crate::mask::Masker;
use crate::model::{LoadOptions, ModelDir};
use crate::{ErrorKind, Place, TemporaryDecrypt};

pub(in crate::cli) fn run(args: &RunArgs, context: &Context) -> Result<Exit, Failure> {
    if args.write_back && args.place == PlaceArg::Memfd {
        return Err(Failure::usage("memory files cannot be written to: --write-back needs another place")
            .hint("pass --place tmpfs"));
    }
    key_for_child::keep_from(&args.key, context)?;
    let key = key::existing(&args.key, context)?;
    args.ready_file.as_deref().map(ReadyFile::make_way).transpose()?;
    let guard = open(args, context, &key)?;
    let key = args.write_back.then_some(key);
    if key.is_none() {
        #[cfg(target_os = "linux")]
        hardening::open_up();
    }
    let code = run_child(args, context, &guard)?;
    // Whoever interrupts from here on stops the sealing: what is not sealed yet is kept.
    interrupt::watch();
    if let Err(failure) = close(guard, key.as_ref(), code, context) {
        if code == 0 {
            return Err(failure);
        }
        context.terminal.fail(&failure);
    }
    Ok(Exit::Child(code))
}

fn open(args: &RunArgs, context: &Context, key: &Key) -> Result<TemporaryDecrypt, Failure> {
    let place = match &args.place {
        PlaceArg::Memfd => Place::Memfd,
        PlaceArg::Tmpfs => Place::Tmpfs(None),
        PlaceArg::Directory(dir) => Place::of_directory(dir).map_err(crate::Error::from)?,
    };
    let options = GuardOptions {
        place,
        access: if args.write_back { Access::Write } else { Access::Read },
        load: LoadOptions { allow_renamed: args.allow_renamed, allow_plaintext: args.allow_plaintext },
    };
    let dir = ModelDir::open(&args.dir)?.key_file(key.path.clone());
    let dir = match context.policy()? {
        Some(policy) => dir.policy(policy),
        None => dir,
    };
    let watcher = Watcher::new(&context.terminal);
    let started = Instant::now();
    let opened =
        job::on_threads(args.jobs.jobs, || TemporaryDecrypt::open(&dir, &key.master, &options, &watcher));
    let shown = watcher.finish();
    let guard = opened?.map_err(crate::Error::from)?;
    for notice in guard.notices().iter().filter(|notice| !shown.contains(notice)) {
        context.terminal.note(notice);
    }
    let Protection { plaintext_len, may_swap, locked_len, .. } = guard.protection();
    if may_swap && locked_len < plaintext_len {
        context.terminal.note(&format!(
            "this machine swaps: {} of {} are locked in memory, the rest may be written to the swap",
            human::bytes(locked_len),
            human::bytes(plaintext_len)
        ));
    }
    context.terminal.say(&format!(
        "opened {} in {}",
        human::bytes(plaintext_len),
        human::duration(started.elapsed())
    ));
    Ok(guard)
}

/// Fails only before it has started anything.
fn run_child(args: &RunArgs, context: &Context, guard: &TemporaryDecrypt) -> Result<u8, Failure> {
    let command: Vec<_> = args.command.iter().map(|arg| with_path(arg, guard.path())).collect();
    let signals = Signals::catch()
        .map_err(|error| Failure::new(ErrorKind::Io, format!("watching for signals: {error}")))?;
    // From here on they are the child's; one that came before ends it all.
    interrupt::hand_over()?;
    let ready = args.ready_file.as_deref();
    let _ready = ready.map(|path| ReadyFile::write(path, guard, context.json)).transpose()?;
    let masker = args.mask.then(Masker::new);
    let prepare = |command: &mut Command| {
        command.env(DIR_VARIABLE, guard.path());
    };
    let running = match Running::start(&command, prepare, signals, masker.as_ref()) {
        Ok(running) => running,
        Err(error) => return Ok(not_started(&command, &error, context)),
    };
    Ok(running.wait().unwrap_or_else(|error| {
        context.terminal.fail(&Failure::new(ErrorKind::Io, format!("waiting for its end: {error}")));
        Exit::Failed.number()
    }))
}

/// What was changed by a program that failed is worth a look, not a sealed file's place.
fn close(guard: TemporaryDecrypt, key: Option<&Key>, exit: u8, context: &Context) -> Result<(), Failure> {
    let write_back = match key {
        None => WriteBack::Discard,
        Some(key) if exit == 0 => WriteBack::Changed(&key.master),
        Some(_) => WriteBack::Keep,
    };
    let watcher = Watcher::new(&context.terminal);
    let closed = guard.close_with(write_back, &watcher);
    let shown = watcher.finish();
    let report = closed.map_err(crate::Error::from)?;
    let of_files = report.files.iter().flat_map(|file| &file.notices);
    for notice in report.notices.iter().chain(of_files).filter(|notice| !shown.contains(notice)) {
        context.terminal.note(notice);
    }
    for file in &report.files {
        context.terminal.say(&format!("sealed {}", human::path(&file.path)));
    }
    Ok(())
}

/// `{}` anywhere in an argument is the directory.
fn with_path(arg: &OsString, dir: &Path) -> OsString {
    let mut made = Vec::new();
    let mut rest = arg.as_bytes();
    while let Some(at) = rest.windows(2).position(|pair| pair == b"{}") {
        made.extend_from_slice(&rest[..at]);
        made.extend_from_slice(dir.as_os_str().as_bytes());
        rest = &rest[at + 2..];
    }
    made.extend_from_slice(rest);
    OsString::from_vec(made)
}

const DIR_VARIABLE: &str = "MODELCRYPT_DIR";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_become_the_directory_wherever_they_stand() {
        for (arg, made) in [
            ("{}", "/d"),
            ("--model={}/a", "--model=/d/a"),
            ("{}{}", "/d/d"),
            ("{", "{"),
            ("{ }", "{ }"),
            ("", ""),
        ] {
            assert_eq!(with_path(&arg.into(), Path::new("/d")), made);
        }
    }
}
