//! A D-Bus session with a keyring, both of one's own.

use std::fs;
use std::io::{BufRead, BufReader, Write, stderr};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// A bus, an unlocked keyring on it and a home of their own, until it is dropped.
pub(crate) struct Session {
    dir: TempDir,
    bus: Bus,
    daemon: String,
}

/// A bus, until it is dropped.
pub(crate) struct Bus {
    shell: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    pub(crate) address: String,
}

/// What a run has left.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Session {
    /// `None`: this machine has no keyring to test with, which was said.
    pub(crate) fn start() -> Option<Self> {
        for tool in ["dbus-run-session", "gnome-keyring-daemon", "secret-tool"] {
            if Command::new(tool).arg("--help").output().is_err() {
                skip(&format!("there is no {tool}"));
                return None;
            }
        }
        let dir = tempfile::tempdir().unwrap();
        for folder in FOLDERS {
            fs::DirBuilder::new().mode(0o700).create(dir.path().join(folder)).unwrap();
        }
        // Started beside the shell, so that its process id is known, and gone with it.
        let keyring = "printf pass | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null & \
                       echo $!; read -r _; kill -CONT $!; kill $!; wait";
        let mut bus = Bus::start(dir.path(), keyring);
        let daemon = bus.lines.next().unwrap().unwrap();
        let session = Self { dir, bus, daemon };
        session.wait();
        Some(session)
    }

    /// Waits until the keyring is there and unlocked.
    fn wait(&self) {
        for _ in 0..200 {
            let ready = self.tool(&["store", "--label=ready", "made-by", "this-test"], "ready");
            if ready.code == 0 {
                assert_eq!(self.tool(&["clear", "made-by", "this-test"], "").code, 0);
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("the keyring did not start");
    }

    /// A bus on which there is no keyring.
    pub(crate) fn bare_bus(&self) -> Bus {
        Bus::start(self.dir.path(), "read -r _")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write_model(&self) {
        fs::create_dir(self.path("m")).unwrap();
        fs::write(self.path("m/a.safetensors"), b"weights").unwrap();
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.run_at(&self.bus.address, args)
    }

    /// The program, with another bus.
    pub(crate) fn run_at(&self, address: &str, args: &[&str]) -> Ran {
        let mut command = isolated(Command::new(env!("CARGO_BIN_EXE_modelcrypt")), self.dir.path());
        Ran::of(&command.args(args).env("DBUS_SESSION_BUS_ADDRESS", address).output().unwrap())
    }

    /// Runs what must go well.
    #[track_caller]
    pub(crate) fn done(&self, args: &[&str]) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.stderr);
        ran
    }

    /// Runs `secret-tool`, with `input` on standard input.
    pub(crate) fn tool(&self, args: &[&str], input: &str) -> Ran {
        fs::write(self.path("input"), input).unwrap();
        let mut command = isolated(Command::new("secret-tool"), self.dir.path());
        command.args(args).env("DBUS_SESSION_BUS_ADDRESS", &self.bus.address);
        Ran::of(&command.stdin(fs::File::open(self.path("input")).unwrap()).output().unwrap())
    }

    /// Runs one of the tests of this program in a process that has this session.
    #[track_caller]
    pub(crate) fn inside(&self, test: &str) {
        let mut command = isolated(Command::new(std::env::current_exe().unwrap()), self.dir.path());
        command.args(["--exact", "--include-ignored", "--nocapture", test]);
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.bus.address).env("KEYRING_PID", &self.daemon);
        let ran = Ran::of(&command.output().unwrap());
        assert!(ran.code == 0 && ran.stdout.contains("1 passed"), "{test}: {}\n{}", ran.stdout, ran.stderr);
    }

    /// Locks everything that the keyring holds.
    pub(crate) fn lock(&self) {
        let mut command = isolated(Command::new("dbus-send"), self.dir.path());
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.bus.address).args([
            "--session",
            "--print-reply",
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
            "array:objpath:/org/freedesktop/secrets/aliases/default",
        ]);
        let ran = Ran::of(&command.output().unwrap());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }

    /// Sends the keyring a signal.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.daemon]).status().unwrap();
        assert!(sent.success());
    }
}

impl Bus {
    /// One that starts no program by itself: it would start a second keyring, a locked one, for who asks too early.
    ///
    /// The script ends, and with it the bus, when its standard input does: even if this process is killed.
    fn start(home: &Path, script: &str) -> Self {
        let config = home.join("bus.conf");
        let text = format!(
            "<busconfig><type>session</type><listen>unix:dir={}</listen><auth>EXTERNAL</auth>\
             <policy context='default'><allow send_destination='*' eavesdrop='true'/>\
             <allow eavesdrop='true'/><allow own='*'/></policy></busconfig>",
            home.join("run").display()
        );
        fs::write(&config, text).unwrap();
        let mut command = isolated(Command::new("dbus-run-session"), home);
        command.arg("--config-file").arg(config);
        let script = format!("echo \"$DBUS_SESSION_BUS_ADDRESS\"; {script}");
        let mut shell = command
            .args(["--", "sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(shell.stdout.take().unwrap()).lines();
        let address = lines.next().unwrap().unwrap();
        Self { shell, lines, address }
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

impl Ran {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// With nothing of the user's own, and nothing for a dialog to appear on.
fn isolated(mut command: Command, home: &Path) -> Command {
    command.current_dir(home).env("HOME", home);
    for (variable, folder) in VARIABLES.into_iter().zip(FOLDERS) {
        command.env(variable, home.join(folder));
    }
    for variable in ["MODELCRYPT_KEY", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"] {
        command.env_remove(variable);
    }
    command
}

/// Says loudly that nothing was tested; where `CI` is set that fails the test.
fn skip(reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "CI is set, but {reason}");
    let _ = writeln!(stderr(), "\n*** SKIPPED: {reason}: the keyring of the system WAS NOT TESTED ***\n");
}

const VARIABLES: [&str; 4] = ["XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"];
const FOLDERS: [&str; 4] = ["run", "data", "config", "cache"];
