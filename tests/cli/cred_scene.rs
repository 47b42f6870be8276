//! A vault with credentials in it, and the program run on it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use modelcrypt::MasterKey;
use modelcrypt::base::SecretText;
use modelcrypt::credentials::stores::vault::Vault;
use modelcrypt::credentials::{CredentialStore, Kind, Record};

use crate::sandbox::{Ran, Sandbox};

/// A sandbox with the key `key` and the vault `vault.db`, which is made at the first use.
pub(crate) struct Scene {
    pub(crate) sandbox: Sandbox,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.done(["keygen", "-q", "-o", "key"]);
        Self { sandbox }
    }

    /// One with the secret `db-canary-1` of the user `me` under `db`, and `hf_canarycanary2` under `hf:models`.
    pub(crate) fn filled() -> Self {
        let scene = Self::new();
        scene.add("db", Kind::HttpBasic, "db-canary-1", |record| record.username = Some("me".into()));
        scene.add("hf:models", Kind::BearerToken, "hf_canarycanary2", |_| {});
        scene
    }

    pub(crate) fn vault(&self) -> Vault {
        let key = MasterKey::parse(SecretText::new(self.sandbox.key_text().into())).unwrap();
        Vault::open_or_create(&self.sandbox.path("vault.db"), &key).unwrap()
    }

    pub(crate) fn add(&self, name: &str, kind: Kind, secret: &str, edit: impl FnOnce(&mut Record)) {
        let mut record = Record::new(name.parse().unwrap(), kind, SystemTime::now());
        edit(&mut record);
        self.vault().create(record, SecretText::new(secret.into())).unwrap();
    }

    /// Gives `name` a new secret.
    pub(crate) fn put(&self, name: &str, secret: &str) {
        self.vault().put(&name.parse().unwrap(), SecretText::new(secret.into()), None, None).unwrap();
    }

    /// `modelcrypt cred ARGS` with the key in a file.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let args: Vec<_> = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
        let mut command = self.sandbox.command([OsStr::new("cred")]);
        command.args(args);
        // A folder `v` is for the vault alone.
        let alone = self.sandbox.path("v");
        let vault = if alone.is_dir() { alone.join("vault.db") } else { self.sandbox.path("vault.db") };
        command.env("MODELCRYPT_VAULT", vault);
        command.env("XDG_DATA_HOME", self.sandbox.path("home/data"));
        for variable in ["HF_TOKEN", "HF_TOKEN_PATH", "HF_HOME", "HF_ENDPOINT", "XDG_CACHE_HOME"] {
            command.env_remove(variable);
        }
        // The default place of the key: no flag, so that helpers find it too.
        let config = self.sandbox.path("home/config/modelcrypt");
        fs::create_dir_all(&config).unwrap();
        if !config.join("master.key").exists() {
            fs::copy(self.sandbox.path("key"), config.join("master.key")).unwrap();
        }
        command
    }

    pub(crate) fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }

    pub(crate) fn done<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran
    }
    /// Runs it once for each of its calls that may change the disk, killed right before it; `check` is told of which.
    /// Nothing where strace does not work.
    pub(crate) fn killed_everywhere(&self, args: &[&str], prepare: impl Fn(), mut check: impl FnMut(&str)) {
        let probe =
            Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
        if !probe.is_ok_and(|status| status.success()) {
            return crate::skip::skip("strace does not work here");
        }
        let log = self.sandbox.path("calls");
        prepare();
        let trace = CALLS.map(|name| format!("?{name}")).join(",");
        let traced = self.traced(args, &["-o", log.to_str().unwrap(), "-e", &format!("trace={trace}")]);
        assert_eq!(traced.code, 0, "{}", traced.stderr);
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        for line in fs::read_to_string(&log).unwrap().lines() {
            let Some((thread, call)) = line.split_once(' ') else { continue };
            let name = call.trim_start().split('(').next().unwrap();
            if CALLS.contains(&name) {
                *counts.entry((thread.to_owned(), name.to_owned())).or_default() += 1;
            }
        }
        assert!(!counts.is_empty());
        for ((_, name), count) in counts {
            for at in 1..=count {
                prepare();
                let (trace, inject) =
                    (format!("trace={name}"), format!("inject={name}:signal=KILL:when={at}"));
                self.traced(args, &["-o", "/dev/null", "-e", &trace, "-e", &inject]);
                check(&format!("killed before {name} {at}"));
            }
        }
        prepare();
        self.done(args);
        check("not killed");
    }

    fn traced(&self, args: &[&str], options: &[&str]) -> Ran {
        let ours = self.command(args);
        let mut command = Command::new("strace");
        command.args(["-f", "-qqq", "-e", "signal=none"]).args(options).arg("--").arg(ours.get_program());
        command.args(ours.get_args()).current_dir(ours.get_current_dir().unwrap()).stdin(Stdio::null());
        for (name, value) in ours.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        Ran::of(command.output().unwrap())
    }
}

const CALLS: [&str; 16] = [
    "mkdir",
    "mkdirat",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "fchmod",
    "rename",
    "renameat",
    "renameat2",
    "symlink",
    "symlinkat",
    "unlink",
    "unlinkat",
    "rmdir",
    "ftruncate",
];
