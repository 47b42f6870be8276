//! A program that runs under this one: it gets its signals, and dies with it. `unsafe` stands here and in no
//! other file of the command line.
#![allow(
    unsafe_code,
    reason = "what runs between fork and exec, and a descriptor whose number was handed over"
)]

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, getppid, kill_process, waitid};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::iterator::exfiltrator::origin::Origin;
use signal_hook::low_level::siginfo::Cause;

use super::context::Context;
use super::failure::Failure;
use super::hardening;
use super::masked_output::MaskedOutput;
use crate::ErrorKind;
use crate::base::SecretText;
use crate::mask::Masker;

/// A program that is running.
pub(super) struct Running {
    child: Child,
    remote: Remote,
    signals: signal_hook::iterator::Handle,
    output: Option<MaskedOutput>,
}

/// Sends signals to a program for as long as its process id is its own.
#[derive(Clone, Default)]
pub(super) struct Remote(Arc<Target>);

#[derive(Default)]
struct Target {
    pid: Mutex<Option<Pid>>,
    was_told_to_end: AtomicBool,
}

impl Remote {
    pub(super) fn signal(&self, signal: Signal) {
        if let Some(pid) = *self.pid() {
            let _ = kill_process(pid, signal);
        }
    }

    /// Whether somebody else has sent it a signal that ends programs.
    pub(super) fn was_told_to_end(&self) -> bool {
        self.0.was_told_to_end.load(Ordering::SeqCst)
    }

    fn pid(&self) -> MutexGuard<'_, Option<Pid>> {
        self.0.pid.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forward(&self, origin: &Origin) {
        // SIGHUP has many programs read their configuration again.
        if [SIGINT, SIGQUIT, SIGTERM].contains(&origin.signal) {
            self.0.was_told_to_end.store(true, Ordering::SeqCst);
        }
        // What a key on the terminal sends, the terminal sends to the child too.
        if origin.cause == Cause::Kernel || origin.signal == SIGCHLD {
            return;
        }
        if let Some(signal) = Signal::from_named_raw(origin.signal) {
            self.signal(signal);
        }
    }
}

/// The signals that are passed on, caught from the moment this is made: none gets lost before the start.
pub(super) struct Signals(SignalsInfo<WithOrigin>);

impl Signals {
    /// Whatever this process was started to ignore, as by nohup(1), the child goes on to ignore.
    pub(super) fn catch() -> io::Result<Self> {
        let ignored = ignored();
        let forwarded = FORWARDED.iter().filter(|&&signal| ignored >> (signal - 1) & 1 == 0);
        // A parent that ignores the end of its children never hears their exit codes.
        SignalsInfo::new(forwarded.chain(&[SIGCHLD])).map(Self)
    }
}

impl Running {
    /// Starts `command`, to which `prepare` gives an environment. Signals go to it; what it prints goes through `masker`.
    pub(super) fn start(
        command: &[OsString],
        prepare: impl FnOnce(&mut Command),
        signals: Signals,
        masker: Option<&Masker>,
    ) -> io::Result<Self> {
        let (program, args) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        // A key that nobody has needed is still in its pipe, which the program would inherit.
        drop(handed_over());
        let mut command = Command::new(program);
        command.args(args).env_remove(PIPE_VARIABLE);
        prepare(&mut command);
        if masker.is_some() {
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
        }
        let holder = rustix::process::getpid();
        // SAFETY: all that is called are plain system calls, which may be made between fork and exec.
        unsafe {
            command.pre_exec(move || {
                hardening::give_back_descriptors();
                die_with(holder)
            });
        }
        let Signals(mut signals) = signals;
        let handle = signals.handle();
        let mut child = command.spawn()?;
        let remote = Remote::default();
        *remote.pid() = Some(Pid::from_child(&child));
        let forwarder = remote.clone();
        thread::spawn(move || signals.forever().for_each(|origin| forwarder.forward(&origin)));
        let output = masker.map(|masker| MaskedOutput::of(&mut child, masker)).transpose()?;
        Ok(Self { child, remote, signals: handle, output })
    }

    /// For signals of our own.
    pub(super) fn remote(&self) -> Remote {
        self.remote.clone()
    }

    /// Waits for its end; the exit code is its own, or 128 and the number of the signal that ended it.
    pub(super) fn wait(mut self) -> io::Result<u8> {
        let pid = Pid::from_child(&self.child);
        // It stays in the table of processes until nobody can signal it any more.
        while let Err(error) = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            if error != rustix::io::Errno::INTR {
                return Err(error.into());
            }
        }
        *self.remote.pid() = None;
        let status = self.child.wait();
        if let Some(output) = self.output {
            output.finish();
        }
        self.signals.close();
        status.map(code)
    }
}

/// Tells why `command` could not be started; returns the exit code that env(1) ends with then.
pub(super) fn not_started(command: &[OsString], error: &io::Error, context: &Context) -> u8 {
    let name = command.first().cloned().unwrap_or_default();
    let message = format!("starting `{}`: {error}", Path::new(&name).display());
    context.terminal.fail(&Failure::new(ErrorKind::Io, message));
    if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_STARTED }
}

/// Makes this process the same program anew, with `variables` gone from its environment for good, and `secret`
/// for [`handed_over`] to read. Returns only if that fails.
pub(super) fn relaunch(variables: &[&str], secret: Option<&SecretText>) -> io::Error {
    try_relaunch(variables, secret).err().unwrap_or_else(|| io::ErrorKind::Other.into())
}

/// What the process that this one was before has handed over, to whoever asks first.
pub(super) fn handed_over() -> Option<io::Result<SecretText>> {
    // The descriptor is closed then, and its number may be somebody else's.
    static IS_TAKEN: AtomicBool = AtomicBool::new(false);
    if IS_TAKEN.swap(true, Ordering::SeqCst) {
        return None;
    }
    let number: RawFd = std::env::var(PIPE_VARIABLE).ok()?.parse().ok()?;
    // Standard streams are nobody's to hand over.
    if number <= 2 || !is_pipe(number) {
        return None;
    }
    // SAFETY: an open pipe that nothing else in this process knows: it was inherited under this number.
    let mut pipe = unsafe { File::from_raw_fd(number) };
    let mut secret = Vec::with_capacity(MAX_SECRET_LEN);
    let read = Read::by_ref(&mut pipe).take(MAX_SECRET_LEN as u64).read_to_end(&mut secret);
    Some(read.map(|_| SecretText::new(secret)))
}

fn try_relaunch(variables: &[&str], secret: Option<&SecretText>) -> io::Result<()> {
    let mut args = std::env::args_os();
    let name = args.next().unwrap_or_default();
    let own = std::env::current_exe()?;
    let is_interpreter = own.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python"));
    // An interpreter finds its packages by the name that it was called by.
    let mut command = Command::new(if is_interpreter { name.clone() } else { own.into() });
    command.arg0(name).args(args);
    for variable in variables {
        command.env_remove(variable);
    }
    let pipe: Option<PipeReader> = secret.map(filled_pipe).transpose()?;
    if let Some(pipe) = &pipe {
        fcntl_setfd(pipe, FdFlags::empty())?;
        command.env(PIPE_VARIABLE, pipe.as_raw_fd().to_string());
    }
    hardening::give_back_descriptors();
    Err(command.exec())
}

/// A pipe that holds all of `secret`: it is shorter than any pipe.
fn filled_pipe(secret: &SecretText) -> io::Result<PipeReader> {
    if secret.expose().len() > MAX_SECRET_LEN {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the key is too long"));
    }
    let (reader, mut writer) = io::pipe()?;
    writer.write_all(secret.expose())?;
    Ok(reader)
}

fn is_pipe(number: RawFd) -> bool {
    std::fs::metadata(format!("/proc/self/fd/{number}"))
        .is_ok_and(|found| std::os::unix::fs::FileTypeExt::is_fifo(&found.file_type()))
}

/// In the child, before it becomes the program.
fn die_with(holder: Pid) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have died before it was said.
    if getppid() == Some(holder) { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
}

/// The signals that this process was started to ignore, one bit each, where the platform tells.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

const NOT_STARTED: u8 = 126;
const NOT_FOUND: u8 = 127;
/// Says which descriptor holds what was handed over; nothing secret.
const PIPE_VARIABLE: &str = "MODELCRYPT_KEY_PIPE";
/// What every pipe takes at once (POSIX: 512 bytes at least, Linux: a page).
const MAX_SECRET_LEN: usize = 4096;
const FORWARDED: [i32; 7] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH];
