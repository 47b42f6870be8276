//! `cred exec`: a program gets credentials, and nobody else does.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use modelcrypt::credentials::{CredentialStore, Kind};
use rustix::process::{Pid, Signal, kill_process};

use crate::cred_scene::Scene;

/// What a program sees of itself and of the holder: environments, arguments, open files.
const LOOK: &str = "import os
for pid in ('self', os.getppid()):
    for what in ('environ', 'cmdline'):
        try: print(pid, open(f'/proc/{pid}/{what}', 'rb').read().replace(b'\\0', b'\\n').decode())
        except PermissionError: print(pid, what, 'denied')
print('descriptors', sorted(os.listdir('/proc/self/fd')))
";

#[test]
fn variables_are_the_program_s_and_what_it_prints_is_masked() {
    let scene = Scene::filled();
    let show = "echo $P $U; echo $P >&2; printf %s $P | base64; printf %s \"$P\" | wc -c";
    let args = ["exec", "-e", "P=db", "-e", "U=db/username", "--", "sh", "-c", show];
    let ran = scene.done(args);
    let shown = ran.text().to_owned() + &ran.stderr;
    assert!(!shown.contains("db-canary-1") && !shown.contains("ZGItY2FuYXJ5"), "{shown}");
    assert!(shown.contains(" me\n") && shown.contains("\n11\n"), "{shown}");

    let args = ["exec", "-q", "--no-mask", "-e", "P=db", "--", "sh", "-c", "echo $P; echo x >&2; cat"];
    let ran = crate::sandbox::Ran::of(scene.command(args).output().unwrap());
    assert_eq!((ran.text(), &*ran.stderr), ("db-canary-1\n", "x\n"));
}

#[test]
fn its_exit_code_is_passed_on() {
    let scene = Scene::filled();
    for (command, code) in [
        (&["sh", "-c", "exit 7"][..], 7),
        (&["sh", "-c", "kill -USR1 $$"], 138),
        (&["./nothing"], 127),
        (&["/"], 126),
        (&["true"], 0),
    ] {
        let ran = scene.run([&["exec", "-e", "P=db", "--"], command].concat());
        assert_eq!(ran.code, code, "{command:?}: {}", ran.stderr);
    }
}

#[test]
fn nothing_is_started_without_each_value() {
    let scene = Scene::filled();
    scene.add("zero", Kind::Custom, "a\0canary", |_| {});
    for (option, value, code, words) in [
        ("-e", "P=nobody", 1, "no credential `nobody`"),
        ("-e", "P=db/nothing", 1, "no field `nothing`"),
        ("-e", "db-canary-1", 2, "an --env is not VAR=NAME/FIELD"),
        ("-e", "P=zero", 2, "`zero/secret` holds a zero byte"),
        ("--mount", "db-canary-1", 2, "a --mount is not NAME/FIELD=PATH"),
        ("--mount", "db=input", 1, "mounting at `input`"),
        ("--mount", "db=no/folder", 1, "mounting at `no/folder`"),
    ] {
        scene.sandbox.write("input", b"mine");
        let ran = scene.run(["exec", option, value, "--", "touch", "started"]);
        ran.failed(code, words);
        assert!(!ran.stderr.contains("canary") && !scene.sandbox.exists("started"), "{}", ran.stderr);
        assert_eq!(scene.sandbox.read("input"), b"mine");
    }
}

#[test]
fn a_mount_lies_in_memory_and_goes_with_the_program() {
    let scene = Scene::filled();
    let look = "stat -L -c '%a %s' s t; stat -fL -c %T s; readlink s; cmp s t || echo differ";
    let args = ["exec", "--mount", "db=s", "--mount", "hf:models/secret=t", "--", "sh", "-c", look];
    let ran = scene.done(args);
    let lines: Vec<_> = ran.text().lines().collect();
    assert_eq!(lines[..3], ["400 11", "400 16", "tmpfs"], "{lines:?}");
    let dir = Path::new(lines[3]).parent().unwrap();
    assert!(!dir.exists() && fs::symlink_metadata(scene.sandbox.path("s")).is_err());
    assert!(fs::symlink_metadata(scene.sandbox.path("t")).is_err());
    let args = ["exec", "--mount", "db=s", "--", "./nothing"];
    assert_eq!(scene.run(args).code, 127);
    assert!(fs::symlink_metadata(scene.sandbox.path("s")).is_err());
}

#[test]
fn a_key_in_a_variable_stays_with_the_holder() {
    let scene = Scene::filled();
    let key = scene.sandbox.key_text();
    let list = "import os; print('descriptors', sorted(os.listdir('/proc/self/fd')))";
    let alone = Command::new("python3").args(["-c", list]).stdin(Stdio::null()).output().unwrap();
    let alone = String::from_utf8(alone.stdout).unwrap();
    for (options, variables) in [
        (&[][..], &["MODELCRYPT_KEY"][..]),
        (&["--key-env", "K"], &["K", "MODELCRYPT_KEY"]),
        (&["--key-file", "key"], &["MODELCRYPT_KEY"]),
        (&["--watch"], &["MODELCRYPT_KEY"]),
    ] {
        let args = [&["exec", "--no-mask", "-e", "P=db"], options, &["--", "python3", "-c", LOOK]].concat();
        let mut command = scene.command(args);
        for variable in variables {
            command.env(variable, &key);
        }
        let output = command.env("OTHER", "is kept").output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(shown.contains("OTHER=is kept") && shown.contains("P=db-canary-1"), "{shown}");
        assert!(!shown.contains(&key[5..]), "{options:?}: {shown}");
        assert_eq!(shown.matches("canary").count(), 1, "the program's own variable only: {shown}");
        assert!(shown.contains(&alone), "{alone} is not in {shown}");
    }
}

#[test]
fn a_key_that_is_not_needed_does_not_reach_the_program_either() {
    let scene = Scene::new();
    let list = "import os; print('descriptors', sorted(os.listdir('/proc/self/fd')))";
    let alone = Command::new("python3").args(["-c", list]).stdin(Stdio::null()).output().unwrap();
    // There is no vault: the value comes from the environment.
    let mut command = scene.command(["exec", "--no-mask", "-e", "P=x", "--", "python3", "-c", LOOK]);
    command.env("MODELCRYPT_KEY", scene.sandbox.key_text()).env("MODELCRYPT__X", "from-environment");
    let output = command.output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(shown.contains("P=from-environment"), "{shown}");
    assert!(!shown.contains(&scene.sandbox.key_text()[5..]), "{shown}");
    assert!(shown.contains(std::str::from_utf8(&alone.stdout).unwrap()), "{shown}");
}

/// A program under `cred exec` that tells what it does line by line.
struct Held {
    holder: Child,
    lines: BufReader<ChildStdout>,
}

impl Held {
    fn start(scene: &Scene, options: &[&str], script: &str) -> Self {
        let args = [&["exec", "-q", "--no-mask"], options, &["--", "sh", "-c", script]].concat();
        let mut holder = scene.command(args).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(holder.stdout.take().unwrap());
        Self { holder, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.holder), signal).unwrap();
    }

    fn code(mut self) -> Option<i32> {
        self.holder.wait().unwrap().code()
    }
}

const WAIT: &str = "while :; do sleep 0.1; done";

#[test]
fn signals_go_to_the_program() {
    let scene = Scene::filled();
    for watch in [&[][..], &["--watch"]] {
        let script = format!("trap 'echo hup' HUP; trap 'echo term; exit 5' TERM; echo up; {WAIT}");
        let mut held = Held::start(&scene, watch, &script);
        assert_eq!(held.line(), "up");
        if watch.is_empty() {
            held.signal(Signal::HUP);
            assert_eq!(held.line(), "hup");
        }
        held.signal(Signal::TERM);
        assert_eq!(held.line(), "term");
        assert_eq!(held.code(), Some(5), "{watch:?}");
    }
}

#[test]
fn with_watch_a_new_version_starts_the_program_anew() {
    let scene = Scene::filled();
    let script = format!("trap 'echo hup' HUP; trap 'echo term; exit 0' TERM; echo $P $(cat s); {WAIT}");
    let mut held = Held::start(&scene, &["--watch", "-e", "P=db", "--mount", "db=s"], &script);
    assert_eq!(held.line(), "db-canary-1 db-canary-1");
    held.signal(Signal::HUP);
    assert_eq!(held.line(), "hup");
    scene.vault().edit(&"db".parse().unwrap(), &mut |record| record.service = Some("x".into())).unwrap();
    scene.put("db", "db-canary-2");
    assert_eq!(held.line(), "term");
    assert_eq!(held.line(), "db-canary-2 db-canary-2");
    // Gone for now: the program goes on with what it has.
    scene.vault().deactivate(&"db".parse().unwrap()).unwrap();
    held.signal(Signal::TERM);
    assert_eq!(held.line(), "term");
    assert_eq!(held.code(), Some(0));
    assert!(fs::symlink_metadata(scene.sandbox.path("s")).is_err());
}

#[test]
fn with_watch_hup_the_mounts_are_renewed_under_a_program_that_goes_on() {
    let scene = Scene::filled();
    let script = format!("trap 'echo $P $(cat s)' HUP; trap 'exit 3' TERM; echo $$; {WAIT}");
    let mut held = Held::start(&scene, &["--watch=hup", "-e", "P=db", "--mount", "db=s"], &script);
    assert!(held.line().parse::<u32>().is_ok());
    for version in 2..4 {
        scene.put("db", &format!("db-canary-{version}"));
        assert_eq!(held.line(), format!("db-canary-1 db-canary-{version}"));
    }
    held.signal(Signal::TERM);
    assert_eq!(held.code(), Some(3));
}

#[test]
fn a_holder_that_is_killed_takes_the_program_along_and_the_next_one_tidies_up() {
    let scene = Scene::filled();
    let mut held = Held::start(&scene, &["--mount", "db=s"], &format!("echo $$; readlink s; {WAIT}"));
    let program: i32 = held.line().parse().unwrap();
    let file = PathBuf::from(held.line());
    assert!(file.exists());
    held.signal(Signal::KILL);
    held.code();
    let deadline = Instant::now() + Duration::from_secs(10);
    while Path::new(&format!("/proc/{program}/cmdline")).exists() && is_running(program) {
        assert!(Instant::now() < deadline, "the program lives on");
        std::thread::sleep(Duration::from_millis(20));
    }
    let ran = scene.done(["exec", "--no-mask", "--mount", "db=s", "--", "cat", "s"]);
    assert_eq!(ran.text(), "db-canary-1");
    assert!(!file.exists() && fs::symlink_metadata(scene.sandbox.path("s")).is_err());
}

/// Whether it is there and no zombie.
fn is_running(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim().is_empty() && !rest.trim().starts_with('Z'))
}

#[test]
fn nothing_of_a_secret_is_left_on_a_disk() {
    let scene = Scene::filled();
    scene.done(["exec", "-e", "P=db", "--mount", "db=s", "--", "sh", "-c", "cat s; echo $P"]);
    let found = Command::new("grep").args(["-rl", "canary"]).arg(scene.sandbox.path("")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
}
