//! Child processes: how long one runs, how much memory it holds.

use std::fs;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::place::KIB;

/// Takes the time from the start of `command` to its exit, and fails if it does.
pub(crate) fn time(command: &mut Command) -> Outcome<Duration> {
    let started = Instant::now();
    let status = spawn(command)?.wait()?;
    let elapsed = started.elapsed();
    succeeded(command, status)?;
    Ok(elapsed)
}

/// Runs `command` and gives the most bytes of memory that it held at once, if the system tells.
///
/// The kernel keeps the peak, so looking now and then misses only what the last moments add to it.
pub(crate) fn peak_memory(command: &mut Command) -> Outcome<Option<u64>> {
    let mut child = spawn(command)?;
    let told_at = format!("/proc/{}/status", child.id());
    let mut peak = None;
    loop {
        // A process that has ended and is not waited for yet tells no peak any more.
        peak = fs::read_to_string(&told_at).ok().and_then(|text| bytes_in(&text, "VmHWM:")).or(peak);
        if let Some(status) = child.try_wait()? {
            succeeded(command, status)?;
            return Ok(peak);
        }
        thread::sleep(BETWEEN_LOOKS);
    }
}

/// The bytes that a line `NAME   N kB` of a file under `/proc` stands for.
pub(crate) fn bytes_in(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = value.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * KIB)
}

fn spawn(command: &mut Command) -> Outcome<Child> {
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    spawned.map_err(|error| format!("{}: {error}", command.get_program().display()).into())
}

fn succeeded(command: &Command, status: ExitStatus) -> Outcome<()> {
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}

const BETWEEN_LOOKS: Duration = Duration::from_millis(2);
