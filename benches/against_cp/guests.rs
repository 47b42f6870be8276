//! Other programs that encrypt a file, measured where they are installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::child::time;
use crate::place::{Place, remove};
use crate::table::Table;

/// One of them, at one task.
pub(crate) struct Guest {
    what: &'static str,
    command: Command,
    /// What it writes, a new file each time.
    pub(crate) output: PathBuf,
}

impl Guest {
    /// Runs it once and gives it back; one that fails (for want of memory, say) is told of and left out from then on.
    pub(crate) fn run_or_leave(mut self, table: &mut Table) -> Option<Self> {
        if let Ok(time) = time(&mut self.command) {
            table.add(self.what, time);
            return Some(self);
        }
        println!("{}: left out, it failed", self.what);
        remove(&self.output).ok();
        None
    }
}

/// Finds those that are installed, to encrypt `source` and to decrypt what came of it, and says which are not.
pub(crate) fn find(source: &Path, place: &Place) -> Outcome<Vec<Guest>> {
    let mut guests = Vec::new();
    if runs("age", &["--version"]) && runs("age-keygen", &["--version"]) {
        guests.extend(age(source, place)?);
    } else {
        println!("age: left out, not installed");
    }
    if runs("python3", &["-c", "import cryptography"]) {
        guests.extend(python(source, place));
    } else {
        println!("Python's cryptography: left out, not installed");
    }
    Ok(guests)
}

fn age(source: &Path, place: &Place) -> Outcome<[Guest; 2]> {
    let [identity, sealed, opened] = ["age.key", "sealed.age", "opened.age"].map(|name| place.path(name));
    Command::new("age-keygen").arg("-o").arg(&identity).stderr(Stdio::null()).status()?;
    let recipient = Command::new("age-keygen").arg("-y").arg(&identity).output()?.stdout;
    let recipient = String::from_utf8(recipient)?;

    let mut encrypt = Command::new("age");
    encrypt.args(["-r", recipient.trim(), "-o"]).arg(&sealed).arg(source);
    let mut decrypt = Command::new("age");
    decrypt.arg("-d").arg("-i").arg(&identity).arg("-o").arg(&opened).arg(&sealed);
    Ok([
        Guest { what: "age -r", command: encrypt, output: sealed },
        Guest { what: "age -d", command: decrypt, output: opened },
    ])
}

fn python(source: &Path, place: &Place) -> [Guest; 2] {
    let guest = |what, script, name| {
        let output = place.path(name);
        let mut command = Command::new("python3");
        command.arg("-c").arg(script).arg(source).arg(&output);
        Guest { what, command, output }
    };
    [
        guest("Python, AESGCM, encrypt", AES_GCM, "sealed.aesgcm"),
        guest("Python, Fernet, encrypt", FERNET, "sealed.fernet"),
    ]
}

fn runs(program: &str, args: &[&str]) -> bool {
    time(Command::new(program).args(args).stderr(Stdio::null())).is_ok()
}

/// The whole file as one message, as is usual with this library.
const AES_GCM: &str = "
import os, sys
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
nonce = os.urandom(12)
with open(sys.argv[1], 'rb') as source, open(sys.argv[2], 'wb') as target:
    target.write(nonce)
    target.write(AESGCM(AESGCM.generate_key(256)).encrypt(nonce, source.read(), None))
";

/// The whole file as one token, as is usual with this library.
const FERNET: &str = "
import sys
from cryptography.fernet import Fernet
with open(sys.argv[1], 'rb') as source, open(sys.argv[2], 'wb') as target:
    target.write(Fernet(Fernet.generate_key()).encrypt(source.read()))
";
