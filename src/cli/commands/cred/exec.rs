//! `cred exec`: a program that gets credentials in its environment and in files that lie in memory.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use super::handed::{Given, Wanted};
use crate::ErrorKind;
use crate::cli::args::cred::{ExecArgs, WatchArg};
use crate::cli::child::{Remote, Running, Signals, not_started};
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::mounts::Mounts;
use crate::cli::{credential_store, interrupt, key_for_child};
use crate::credentials::{Chain, CredentialStore, Name};
use crate::mask::Masker;

pub(in crate::cli) fn run(args: &ExecArgs, context: &Context) -> Result<Exit, Failure> {
    context.refuse_json()?;
    let wanted = Wanted::parse(args)?;
    key_for_child::keep_from(&args.stores.key, context)?;
    let store = credential_store::open(&args.stores, context)?;
    let given = wanted.read(&store)?;
    let mounts = Mounts::make(wanted.mounts.iter().map(|(path, _)| path.clone()).collect())?;
    let masker = (!args.no_mask).then(Masker::new);
    // Nobody watches: the key is wiped before the program starts.
    let store = args.watch.map(|watch| (watch, store));
    let job = Job { wanted, store, mounts, masker, context, has_told: AtomicBool::new(false) };
    let signals = catch()?;
    // From here on they are the program's; one that came before ends it all.
    interrupt::hand_over()?;
    job.run(&args.command, given, signals).map(Exit::Child)
}

/// A program that is started with what is current, again and again if it is to.
struct Job<'a> {
    wanted: Wanted,
    store: Option<(WatchArg, Chain)>,
    mounts: Mounts,
    masker: Option<Masker>,
    context: &'a Context,
    /// That a value is too short to be masked is told once.
    has_told: AtomicBool,
}

/// What comes after an end that was asked for.
struct Next {
    given: Given,
    signals: Signals,
}

impl Job<'_> {
    fn run(&self, command: &[OsString], mut given: Given, mut signals: Signals) -> Result<u8, Failure> {
        loop {
            self.hand_out(&given)?;
            let prepare = |command: &mut Command| {
                for ((name, _), value) in self.wanted.variables.iter().zip(&given.variables) {
                    command.env(name, OsStr::from_bytes(value.expose()));
                }
            };
            let running = match Running::start(command, prepare, signals, self.masker.as_ref()) {
                Ok(running) => running,
                Err(error) => return Ok(not_started(command, &error, self.context)),
            };
            let Given { versions, .. } = given;
            let remote = running.remote();
            let (stop, stopped) = mpsc::channel::<()>();
            let (code, next) = thread::scope(|scope| {
                let watcher = self.store.as_ref().map(|(watch, store)| {
                    let remote = &remote;
                    scope.spawn(move || self.watch(*watch, store, versions, remote, &stopped))
                });
                let code = running.wait();
                drop(stop);
                (code, watcher.and_then(|watcher| watcher.join().ok().flatten()))
            });
            let failed =
                |error| Failure::new(ErrorKind::Io, format!("waiting for the program's end: {error}"));
            let code = code.map_err(failed)?;
            match next {
                // Who ends it wants no other one.
                Some(next) if !remote.was_told_to_end() => (given, signals) = (next.given, next.signals),
                _ => return Ok(code),
            }
        }
    }

    /// Fills the mounts, and has the values taken out of what the program prints.
    fn hand_out(&self, given: &Given) -> Result<(), Failure> {
        for (index, value) in given.files.iter().enumerate() {
            self.mounts.write(index, value)?;
        }
        let Some(masker) = &self.masker else { return Ok(()) };
        let targets = self.wanted.variables.iter().map(|(_, target)| target);
        let targets = targets.chain(self.wanted.mounts.iter().map(|(_, target)| target));
        for (target, value) in targets.zip(given.variables.iter().chain(&given.files)) {
            let is_known = masker.register(value);
            if let Err(error) = is_known
                && !value.expose().is_empty()
                && !self.has_told.swap(true, Ordering::Relaxed)
            {
                let (name, field) = (&target.name, &target.field);
                self.context.terminal.note(&format!("`{name}/{field}` is not masked: {error}"));
            }
        }
        Ok(())
    }

    /// Looks for new versions until the program has ended, and does what is to be done then.
    fn watch(
        &self,
        watch: WatchArg,
        store: &dyn CredentialStore,
        mut versions: BTreeMap<Name, u32>,
        remote: &Remote,
        stopped: &Receiver<()>,
    ) -> Option<Next> {
        let mut told = String::new();
        while stopped.recv_timeout(POLL) == Err(RecvTimeoutError::Timeout) {
            let next = match self.newer(store, &versions) {
                Ok(None) => continue,
                Ok(Some(given)) => self.switch(watch, given, remote),
                Err(failure) => Err(failure),
            };
            match next {
                Ok(Switched::Signalled(now)) => versions = now,
                Ok(Switched::Ended(next)) => {
                    if stopped.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                        remote.signal(Signal::KILL);
                    }
                    return Some(*next);
                }
                // The program goes on with what it has; each trouble is told once.
                Err(failure) if failure.message != told => {
                    self.context.terminal.note(&format!("the program goes on as it is: {}", failure.message));
                    told = failure.message;
                }
                Err(_) => {}
            }
        }
        None
    }

    /// What is current, if any of it is not what the program has.
    fn newer(
        &self,
        store: &dyn CredentialStore,
        versions: &BTreeMap<Name, u32>,
    ) -> Result<Option<Given>, Failure> {
        for (name, number) in versions {
            if store.current_number(name)? != *number {
                return self.wanted.read(store).map(Some);
            }
        }
        Ok(None)
    }

    fn switch(&self, watch: WatchArg, given: Given, remote: &Remote) -> Result<Switched, Failure> {
        match watch {
            WatchArg::Hup => {
                self.hand_out(&given)?;
                self.context.terminal.say("there is a new version: the program gets SIGHUP");
                remote.signal(Signal::HUP);
                Ok(Switched::Signalled(given.versions))
            }
            WatchArg::Restart => {
                // Caught before the end of the old one: what comes in between is for the new one.
                let next = Box::new(Next { given, signals: catch()? });
                self.context.terminal.say("there is a new version: the program is started anew");
                remote.signal(Signal::TERM);
                Ok(Switched::Ended(next))
            }
        }
    }
}

enum Switched {
    Signalled(BTreeMap<Name, u32>),
    Ended(Box<Next>),
}

fn catch() -> Result<Signals, Failure> {
    Signals::catch().map_err(|error| Failure::new(ErrorKind::Io, format!("watching for signals: {error}")))
}

/// How often the stores are asked.
const POLL: Duration = Duration::from_secs(2);
/// How long a program may take to end on SIGTERM.
const PATIENCE: Duration = Duration::from_secs(10);
