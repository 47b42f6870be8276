//! Real processes: many at once, killed at any time, and what they leave on the disk.
//!
//! The children are this test binary again, running [`child`] alone.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use modelcrypt::credentials::stores::vault::Vault;
use modelcrypt::credentials::{CredentialStore, Kind, Label, NewSecret, Rotation, Selector};
use modelcrypt::keys::write_key_file;
use modelcrypt::{KeySource, MasterKey};

use crate::suite::{name, record, secret, text};
use crate::vault::private_folder;

/// The secrets of these tests begin so.
const CANARY: &str = "CaNaRy7sEcReT";

/// A folder with a vault in it, which is the home of the children too.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(private_folder());
        write_key_file(&home.0.path().join("key"), &MasterKey::generate().unwrap()).unwrap();
        Vault::create(&home.vault_path(), &home.key()).unwrap();
        home
    }

    fn vault_path(&self) -> PathBuf {
        self.0.path().join("vault.db")
    }

    fn key(&self) -> MasterKey {
        KeySource::file(self.0.path().join("key")).load().unwrap()
    }

    fn vault(&self) -> Vault {
        Vault::open(&self.vault_path(), &self.key()).unwrap()
    }

    fn start(&self, role: &str, number: usize) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["processes::child", "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
        for variable in ["HOME", "TMPDIR", "CHILD_HOME"] {
            command.env(variable, self.0.path());
        }
        command.env("CHILD_ROLE", role).env("CHILD_NUMBER", number.to_string());
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
    }
}

#[test]
#[ignore = "run as a child by the others"]
fn child() {
    let Some(folder) = std::env::var_os("CHILD_HOME") else { return };
    let folder = PathBuf::from(folder);
    let key = KeySource::file(folder.join("key")).load().unwrap();
    if std::env::var("CHILD_ROLE").unwrap() == "make" {
        drop(Vault::open_or_create(&folder.join("made/vault.db"), &key).unwrap());
        return;
    }
    let vault = std::sync::Arc::new(Vault::open(&folder.join("vault.db"), &key).unwrap());
    let log = std::sync::Arc::new(modelcrypt::credentials::audit::AuditLog::of(vault.clone()));
    let number: usize = std::env::var("CHILD_NUMBER").unwrap().parse().unwrap();
    let actor =
        modelcrypt::credentials::audit::Actor { name: "child".into(), correlation: number.to_string() };
    let store = modelcrypt::credentials::audit::Audited::new(vault, log, actor);
    match std::env::var("CHILD_ROLE").unwrap().as_str() {
        "fill" => {
            for index in 0..EACH {
                let own = format!("own{number}-{index}");
                store.create(record(&own, Kind::Custom), secret(&format!("{CANARY} {own}"))).unwrap();
            }
            let tag = format!("tag{number}");
            store.edit(&name("shared"), &mut |record| record.tags.extend([tag.clone()])).unwrap();
            store.put(&name("shared"), secret(&format!("{CANARY} {number}")), None, None).unwrap();
        }
        "write" => {
            for index in 1.. {
                store.put(&name("shared"), secret(&format!("{CANARY} {index}")), None, None).unwrap();
                println!("done {index}");
            }
        }
        "rotate" => {
            let abort_at = |step: usize| {
                if step == number {
                    std::process::abort()
                }
            };
            let mut make = |_: &_| {
                abort_at(0);
                Ok(secret(&format!("{CANARY} new")))
            };
            let rotation = Rotation::new(&store, name("shared"));
            let rotated = rotation.run(NewSecret::Made(&mut make), &mut |_| {
                abort_at(1);
                Ok(())
            });
            rotated.unwrap();
            abort_at(2);
        }
        other => panic!("{other}"),
    }
}

const EACH: usize = 10;

#[test]
fn eight_processes_lose_nothing() {
    let home = Home::new();
    home.vault().create(record("shared", Kind::Custom), secret("first")).unwrap();
    let children: Vec<_> = (0..8).map(|number| home.start("fill", number)).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let vault = home.vault();
    assert!(vault.verify().unwrap().is_empty());
    assert_eq!(vault.list().unwrap().entries.len(), 8 * EACH + 1);
    let shared = vault.entry(&name("shared")).unwrap();
    assert_eq!(shared.record.tags.len(), 8);
    assert_eq!(shared.history.labelled(Label::Current).unwrap().number, 9);
    for number in 0..8 {
        let own = format!("own{number}-3");
        assert_eq!(text(&vault, &own, Selector::CURRENT), format!("{CANARY} {own}"));
    }
    let report = log(vault).verify().unwrap();
    assert_eq!((report.last_seq, report.findings), (8 * (EACH as u64 + 2) * 2, vec![]));
    assert_no_canary(home.0.path());
}

#[test]
fn eight_processes_make_one_vault() {
    let home = Home::new();
    for _ in 0..3 {
        let children: Vec<_> = (0..8).map(|number| home.start("make", number)).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        }
        let made = home.0.path().join("made");
        assert!(Vault::open(&made.join("vault.db"), &home.key()).unwrap().verify().unwrap().is_empty());
        fs::remove_dir_all(made).unwrap();
    }
}

#[test]
fn a_maker_killed_at_any_time_leaves_what_the_next_one_finishes() {
    let home = Home::new();
    let made = home.0.path().join("made");
    for round in 0..20 {
        let mut child = home.start("make", 0);
        while fs::symlink_metadata(made.join("vault.db")).is_err() {
            std::thread::sleep(Duration::from_micros(50));
        }
        std::thread::sleep(Duration::from_micros(round * 400));
        child.kill().unwrap();
        child.wait().unwrap();
        let vault = Vault::open_or_create(&made.join("vault.db"), &home.key()).unwrap();
        assert!(vault.verify().unwrap().is_empty(), "round {round}");
        drop(vault);
        fs::remove_dir_all(&made).unwrap();
    }
}

#[test]
fn a_writer_killed_at_any_time_leaves_the_old_or_the_new_version() {
    let home = Home::new();
    home.vault().create(record("shared", Kind::Custom), secret(&format!("{CANARY} 0"))).unwrap();
    for round in 0..25_u64 {
        let mut child = home.start("write", 0);
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut last = wait_for_done(&mut output).expect("it writes until it is killed");
        std::thread::sleep(Duration::from_micros(round * 1_700 % 23_000));
        child.kill().unwrap();
        child.wait().unwrap();
        while let Some(done) = wait_for_done(&mut output) {
            last = done;
        }
        assert_no_canary(home.0.path());
        let vault = home.vault();
        assert!(vault.verify().unwrap().is_empty(), "round {round}");
        let found = text(&vault, "shared", Selector::CURRENT);
        let is_old_or_new = [last, last + 1].iter().any(|index| found == format!("{CANARY} {index}"));
        assert!(is_old_or_new, "round {round}: {found} after {last}");
        let report = log(vault).verify().unwrap();
        assert!(!report.is_tampered(), "round {round}: {:?}", report.findings);
    }
}

#[test]
fn a_rotation_killed_at_each_step_can_be_run_again() {
    for step in 0..3 {
        let home = Home::new();
        home.vault().create(record("shared", Kind::Custom), secret(&format!("{CANARY} old"))).unwrap();
        assert!(!home.start("rotate", step).wait().unwrap().success());
        let current = text(&home.vault(), "shared", Selector::CURRENT);
        assert_eq!(current, format!("{CANARY} {}", if step == 2 { "new" } else { "old" }), "step {step}");
        let pending = home.vault().get(&name("shared"), Selector::Label(Label::Pending));
        assert_eq!(pending.is_ok(), step == 1, "step {step}");
        assert!(home.start("rotate", 9).wait().unwrap().success(), "step {step}");
        let vault = home.vault();
        assert_eq!(text(&vault, "shared", Selector::CURRENT), format!("{CANARY} new"));
        let number = vault.entry(&name("shared")).unwrap().history.labelled(Label::Current).unwrap().number;
        assert_eq!(number, if step == 2 { 3 } else { 2 }, "what was pending is taken, not made again");
        assert!(!log(vault).verify().unwrap().is_tampered());
        assert_no_canary(home.0.path());
    }
}

fn log(vault: Vault) -> modelcrypt::credentials::audit::AuditLog {
    modelcrypt::credentials::audit::AuditLog::of(std::sync::Arc::new(vault))
}

fn wait_for_done(lines: &mut impl Iterator<Item = std::io::Result<String>>) -> Option<u64> {
    lines.map_while(Result::ok).find_map(|line| line.strip_prefix("done ")?.parse().ok())
}

/// Looks into every file under `folder`, the log of SQLite included, for the canary in any form.
fn assert_no_canary(folder: &Path) {
    let forms = forms();
    let mut looked_at = 0;
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.unwrap();
        if !entry.file_type().is_file() {
            continue;
        }
        looked_at += 1;
        let content = fs::read(entry.path()).unwrap();
        for form in &forms {
            let found = content.windows(form.len()).any(|window| window == form.as_bytes());
            assert!(!found, "{} holds {form}", entry.path().display());
        }
    }
    assert!(looked_at >= 3, "the vault, its log and the key at least");
}

/// As it is, in hexadecimal, and in base64 at each alignment without the characters that its neighbours decide.
fn forms() -> Vec<String> {
    let mut forms =
        vec![CANARY.to_owned(), HEXLOWER.encode(CANARY.as_bytes()), HEXUPPER.encode(CANARY.as_bytes())];
    for before in 0..3 {
        let padded = [&vec![b' '; before][..], CANARY.as_bytes()].concat();
        let encoded = BASE64.encode(&padded);
        let whole = padded.len() / 3 * 4;
        forms.push(encoded[if before == 0 { 0 } else { 4 }..whole].to_owned());
    }
    forms
}

#[test]
fn the_search_finds_what_it_looks_for() {
    for form in [
        format!("x{CANARY}x"),
        BASE64.encode(format!("{CANARY} 1").as_bytes()),
        BASE64.encode(format!("ab{CANARY}").as_bytes()),
    ] {
        assert!(forms().iter().any(|known| form.contains(known)), "{form}");
    }
}
