//! A home and a model directory of one's own, and the program run in them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Everything is removed when it is dropped.
pub(crate) struct Sandbox {
    dir: TempDir,
}

/// What a run has left: its exit code and its words.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Sandbox {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("home")).unwrap();
        Self { dir }
    }

    /// One with the key `key`, another one `other`, and a model directory `m` of two model files and one other.
    pub(crate) fn with_model() -> Self {
        let sandbox = Self::new();
        for name in ["key", "other"] {
            assert_eq!(sandbox.run(["keygen", "-q", "-o", name]).code, 0);
        }
        sandbox.write("m/a.safetensors", &vec![7; 20_000]);
        sandbox.write("m/deep/b.bin", b"weights");
        sandbox.write("m/config.json", b"{}");
        sandbox
    }

    /// One with a master key where every verb finds it, for a vault that is not there yet.
    pub(crate) fn with_master_key() -> Self {
        let sandbox = Self::new();
        let path = sandbox.path("home/config/modelcrypt/master.key");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        sandbox.done([OsStr::new("keygen"), OsStr::new("-qo"), path.as_os_str()]);
        sandbox
    }

    /// The same with both model files sealed under `key`.
    pub(crate) fn with_sealed_model() -> Self {
        let sandbox = Self::with_model();
        sandbox.done(["encrypt", "m", "--key-file", "key"]);
        sandbox
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn exists(&self, name: impl AsRef<Path>) -> bool {
        self.path(name).exists()
    }

    /// The program, in this directory, with nothing of the user's own.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_modelcrypt"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env("HOME", self.path("home"))
            .env("USERPROFILE", self.path("home"))
            .env("APPDATA", self.path("home"))
            .env("XDG_CONFIG_HOME", self.path("home/config"))
            .env("XDG_DATA_HOME", self.path("home/data"))
            // Nobody's keyring.
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
            .env_remove("MODELCRYPT_VAULT")
            .env_remove("MODELCRYPT_CHECKPOINTS")
            .env_remove("MODELCRYPT_ACTOR")
            .env_remove("MODELCRYPT_CORRELATION_ID")
            .env_remove("MODELCRYPT_KEY")
            .env_remove("AWS_ACCESS_KEY_ID")
            .env_remove("AWS_SECRET_ACCESS_KEY")
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("AWS_CREDENTIAL_EXPIRATION")
            .env_remove("AWS_REGION")
            .env_remove("AWS_DEFAULT_REGION")
            .env_remove("NO_COLOR")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }

    /// Runs it with `input` on standard input.
    pub(crate) fn feed<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>, input: &[u8]) -> Ran {
        self.write("input", input);
        let input = fs::File::open(self.path("input")).unwrap();
        Ran::of(self.command(args).stdin(input).output().unwrap())
    }

    /// Runs what must go well.
    pub(crate) fn done<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran
    }

    /// Keeps `secret` as the credential `name` with these arguments.
    pub(crate) fn keep(&self, name: &str, args: &[&str], secret: &str) -> Ran {
        let ran = self.feed(["cred", "set", name].iter().chain(args), secret.as_bytes());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran
    }

    /// The file with the key `key`, as a key: its id.
    pub(crate) fn key_text(&self) -> String {
        String::from_utf8(self.read("key")).unwrap().trim_end().to_owned()
    }
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: code(&output),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    /// Standard output, which must be one object on one line.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.text().lines().count(), 1, "{}", self.text());
        serde_json::from_str(self.text()).unwrap()
    }

    /// Fails unless it ended with `code` and said `words` on standard error.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, words: &str) {
        assert_eq!(self.code, code, "{}", self.stderr);
        assert!(self.stderr.contains(words), "`{words}` is not in: {}", self.stderr);
    }
}

/// The exit code, or minus the signal that killed it.
fn code(output: &Output) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&output.status) {
        return -signal;
    }
    output.status.code().unwrap()
}
