//! Signals while a program runs on a model: each reaches it once, and none is lost.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};

use crate::run::{line, memory, names};
use crate::sandbox::Sandbox;
use crate::terminal::talk;

/// Counts how often it gets `$1`: it sends that to its parent, waits for the first and a while for more.
const COUNT: &str = "
import os, signal, sys, time
number = getattr(signal, 'SIG' + sys.argv[1])
got = []
signal.signal(number, lambda *_: got.append(1))
print('ready', flush=True)
if sys.argv[2] == 'send':
    os.kill(os.getppid(), number)
until = time.monotonic() + 60
while not got and time.monotonic() < until:
    time.sleep(0.01)
time.sleep(0.3)
print('got', len(got), flush=True)
sys.exit(7)
";

/// Runs `$2` and what follows with the signals of the numbers in `$1` ignored, and no other.
const IGNORING: &str = "
import os, signal, sys
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGCHLD):
    ignored = str(int(number)) in sys.argv[1].split()
    signal.signal(number, signal.SIG_IGN if ignored else signal.SIG_DFL)
os.execv(sys.argv[2], sys.argv[2:])
";

/// Runs `line` with these signals ignored: a shell ignores some for what it starts in the background, and the
/// tests may be that.
fn run_ignoring(sandbox: &Sandbox, ignored: &str, line: &[&str]) -> Output {
    let ours = sandbox.command(line);
    let mut python = Command::new("python3");
    python.args(["-c", IGNORING, ignored]).arg(ours.get_program()).args(ours.get_args());
    python.current_dir(ours.get_current_dir().unwrap()).env("K", sandbox.key_text());
    python.output().unwrap()
}

#[test]
fn a_signal_is_passed_on_once() {
    let sandbox = Sandbox::with_sealed_model();
    for signal in ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "WINCH"] {
        let ran = run_ignoring(&sandbox, "", &line(&[], &["python3", "-c", COUNT, signal, "send"]));
        assert_eq!(ran.stdout, b"ready\ngot 1\n", "{signal}: {ran:?}");
        assert_eq!(ran.status.code(), Some(7), "{signal}");
    }
}

/// The terminal sends it to both; passing it on would make it two.
#[test]
fn a_key_on_the_terminal_reaches_the_program_once() {
    let sandbox = Sandbox::with_sealed_model();
    for (key, signal) in [("\\x03", "INT"), ("\\x1c", "QUIT")] {
        let command = line(&[], &["python3", "-c", COUNT, signal, "wait"]);
        let (shown, code) = talk(&sandbox, &[("ready", key)], &command).unwrap();
        assert!(shown.contains("got 1\r\n"), "{signal}: {shown}");
        assert_eq!(code, 7, "{shown}");
    }
}

#[test]
fn a_program_that_a_signal_ends_takes_the_model_with_it() {
    let sandbox = Sandbox::with_sealed_model();
    let memory = memory();
    let options = ["--place", memory.path().to_str().unwrap()];
    for (signal, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let script = format!("kill -{signal} $PPID; exec sleep 60");
        let ran = run_ignoring(&sandbox, "", &line(&options, &["sh", "-c", &script]));
        assert_eq!(ran.status.code(), Some(code), "{ran:?}");
        assert!(names(memory.path()).is_empty());
    }
}

#[test]
fn who_interrupts_the_opening_gets_nothing_and_leaves_nothing() {
    let sandbox = Sandbox::with_sealed_model();
    let memory = memory();
    for place in ["memfd", memory.path().to_str().unwrap()] {
        for write_back in [&[][..], &["--write-back"]] {
            if place == "memfd" && !write_back.is_empty() {
                continue;
            }
            for (signal, code) in [("INT", 130), ("TERM", 143)] {
                let source = format!("kill -{signal} $PPID; cat key");
                let options = ["run", "m", "--key-command", &source, "--place", place];
                let ran = sandbox.run([&options, write_back, &["--", "touch", "started"]].concat());
                ran.failed(code, "interrupted");
                assert!(!sandbox.exists("started") && names(memory.path()).is_empty(), "{place}");
            }
        }
    }
}

/// There is nothing to open that would notice it.
#[test]
fn a_signal_before_the_start_keeps_a_program_from_starting() {
    let sandbox = Sandbox::new();
    sandbox.done(["keygen", "-q", "-o", "key"]);
    sandbox.write("m/config.json", b"{}");
    let source = "kill -TERM $PPID; cat key";
    let ran = sandbox.run(["run", "m", "--key-command", source, "--", "touch", "started"]);
    ran.failed(143, "interrupted");
    assert!(!sandbox.exists("started"));
}

#[test]
fn what_the_starter_has_ignored_is_ignored_by_the_program() {
    let sandbox = Sandbox::with_sealed_model();
    for key in ["--key-file=key", "--key-env=K"] {
        let told = "grep SigIgn /proc/self/status; kill -HUP $PPID; sleep 0.1; echo still here";
        let ran = run_ignoring(&sandbox, "1", &["run", "m", key, "--", "sh", "-c", told]);
        let shown = String::from_utf8_lossy(&ran.stdout);
        let mask = shown.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
        let mask = u64::from_str_radix(mask.trim(), 16).unwrap();
        assert!(mask & 1 == 1 && shown.contains("still here"), "{key}: {shown}");
    }
}

/// Some supervisors ignore the end of their children, and what they start does the same.
#[test]
fn the_exit_code_is_heard_of_where_the_end_of_children_is_ignored() {
    let sandbox = Sandbox::with_sealed_model();
    let ran = run_ignoring(&sandbox, "17", &line(&[], &["sh", "-c", "exit 7"]));
    assert_eq!(ran.status.code(), Some(7), "{ran:?}");
}

#[test]
fn the_program_dies_with_its_holder() {
    let sandbox = Sandbox::with_sealed_model();
    let mut holder = sandbox.command(line(&["-q"], &["sh", "-c", "echo $$; exec sleep 600"]));
    let mut holder = holder.stdout(Stdio::piped()).spawn().unwrap();
    let mut pid = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut pid).unwrap();
    let pid = pid.trim();
    assert!(is_alive(pid));
    holder.kill().unwrap();
    assert_eq!(holder.wait().unwrap().signal(), Some(9));
    for _ in 0..6000 {
        if !is_alive(pid) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("{pid} lives on");
}

/// Not even a zombie, which somebody else may be slow to bury.
fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().and_then(|rest| rest.chars().next()).is_some_and(|state| !"ZX".contains(state))
}
