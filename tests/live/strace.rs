//! Runs with something done at one system call.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::process::{Child, Command, Output, Stdio};

use super::Scene;
use super::skip::skip;

/// Whether `strace` works here. Without it the tests are skipped.
pub(crate) fn works() -> bool {
    let probe = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    let works = probe.is_ok_and(|status| status.success());
    if !works {
        skip("strace does not work here");
    }
    works
}

/// A system call of a run: the `at`-th of its name in one thread.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) at: usize,
}

/// Every call of the run `line` that may change what is on the disk, or comes between two that do.
///
/// Of the calls that only open a file those are left out which strace cannot tell from the start of the
/// program: what they leave behind, the call after them finds.
pub(crate) fn calls(scene: &Scene, line: &str) -> Vec<Call> {
    let log = scene.dir().join("calls");
    let names: Vec<_> = CALLS.split_whitespace().map(|name| format!("?{name}")).collect();
    let output =
        run(scene, line, &["-o", log.to_str().unwrap(), "-e", &format!("trace={}", names.join(","))]);
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    let counts = counts(&std::fs::read_to_string(log).unwrap());
    let all = |(name, range): (String, RangeInclusive<usize>)| range.map(move |at| (name.clone(), at));
    counts.into_iter().flat_map(all).map(|(name, at)| Call { name, at }).collect()
}

/// Kills the run `line` right before `call`.
pub(crate) fn kill(scene: &Scene, line: &str, call: &Call) -> Output {
    inject(scene, line, &call.name, &format!("signal=KILL:when={}", call.at))
}

/// Has `call` of the run `line` fail with `error`, and with `lasting` all later ones of its name too.
pub(crate) fn fail(scene: &Scene, line: &str, call: &Call, error: &str, lasting: bool) -> Output {
    let plus = if lasting { "+" } else { "" };
    inject(scene, line, &call.name, &format!("error={error}:when={}{plus}", call.at))
}

/// Starts the run `line` and has it wait for a second before `call`.
pub(crate) fn delay(scene: &Scene, line: &str, call: &Call) -> Child {
    let inject = format!("inject={}:delay_enter=1000000:when={}", call.name, call.at);
    let mut command = command(scene, line, &["-o", "/dev/null", "-e", &inject]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn inject(scene: &Scene, line: &str, name: &str, what: &str) -> Output {
    let (trace, inject) = (format!("trace={name}"), format!("inject={name}:{what}"));
    run(scene, line, &["-o", "/dev/null", "-e", &trace, "-e", &inject])
}

fn run(scene: &Scene, line: &str, options: &[&str]) -> Output {
    command(scene, line, options).output().unwrap()
}

fn command(scene: &Scene, line: &str, options: &[&str]) -> Command {
    let mut command = Command::new("strace");
    command.args(["-f", "-qqq", "-e", "signal=none"]).args(options).arg("--");
    command.arg(env!("CARGO_BIN_EXE_modelcrypt")).args(line.split_whitespace());
    scene.prepare(&mut command);
    command
}

/// How often each call is made by the thread that makes it most.
fn counts(log: &str) -> BTreeMap<String, RangeInclusive<usize>> {
    let mut threads: Vec<&str> = Vec::new();
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for line in log.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((name, _)) = rest.trim_start().split_once('(') else { continue };
        if name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            *counts.entry((name, thread)).or_default() += 1;
            threads.push(thread);
        }
    }
    let first_thread = threads.first().copied().unwrap_or_default();
    let mut ranges = BTreeMap::new();
    for (&(name, thread), &count) in &counts {
        let of_first = counts.get(&(name, first_thread)).copied().unwrap_or_default();
        let start = if OPENING.contains(&name) { of_first + 1 } else { 1 };
        let range = ranges.entry(name.to_owned()).or_insert(start..=0);
        if count > *range.end() && (thread != first_thread || start == 1) {
            *range = start..=count;
        }
    }
    ranges
}

const OPENING: &[&str] = &["open", "openat", "getrandom"];

/// Asked for where the platform has them.
const CALLS: &str = "\
    chmod copy_file_range fallocate fchmod fchmodat fchmodat2 fchown fdatasync flock fremovexattr \
    fsetxattr fsync ftruncate getrandom link linkat mkdir mkdirat open openat pwrite64 pwritev \
    rename renameat renameat2 rmdir sendfile symlink symlinkat sync_file_range unlink unlinkat \
    utimensat write writev";
