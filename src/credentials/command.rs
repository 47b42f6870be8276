//! The commands that a record may carry: one prints a new secret, one checks it. They get the environment without the
//! master key, and what they say on standard error is nobody's to hear.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use zeroize::Zeroizing;

use super::rotation::Refusal;
use super::{Credential, Entry};
use crate::base::SecretText;
use crate::keys::KeySource;

/// Runs a shell command that prints a secret; one final newline is dropped. The command knows the credential by
/// `MODELCRYPT_CREDENTIAL`.
pub fn secret_of_command(command: &str, entry: &Entry) -> Result<SecretText, String> {
    let mut child = start(command, entry.record.name.as_str(), Stdio::null(), Stdio::piped())?;
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_OUTPUT_LEN + 1));
    let stdout = child.stdout.take().expect("stdout is piped");
    let read = stdout.take(MAX_OUTPUT_LEN as u64 + 1).read_to_end(&mut text);
    let status = child.wait().map_err(|error| error.to_string())?;
    if text.len() > MAX_OUTPUT_LEN {
        return Err("the command printed more than 64 KiB".into());
    }
    if !status.success() {
        return Err(format!("the command failed ({status})"));
    }
    read.map_err(|error| format!("the command's output cannot be read: {error}"))?;
    let secret = SecretText::new(std::mem::take(&mut *text)).without_final_newline();
    if secret.expose().is_empty() { Err("the command printed nothing".into()) } else { Ok(secret) }
}

/// Runs a shell command that checks the secret on its standard input: it works if the command ends with 0.
pub fn check_by_command(command: &str, credential: &Credential) -> Result<(), Refusal> {
    let name = credential.record.name.as_str();
    let mut child = start(command, name, Stdio::piped(), Stdio::null()).map_err(Refusal::Unanswered)?;
    let mut stdin = child.stdin.take().expect("stdin is piped");
    // A command that has seen enough may close its end: what counts is how it ends.
    let _ = stdin.write_all(credential.secret.expose());
    drop(stdin);
    let status = child.wait().map_err(|error| Refusal::Unanswered(error.to_string()))?;
    match status.code() {
        Some(0) => Ok(()),
        Some(_) => Err(Refusal::Refused(format!("the command failed ({status})"))),
        None => Err(Refusal::Unanswered(format!("the command was ended ({status})"))),
    }
}

fn start(command: &str, name: &str, stdin: Stdio, stdout: Stdio) -> Result<Child, String> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut shell = Command::new(shell);
    shell.args([flag, command]).env("MODELCRYPT_CREDENTIAL", name).env_remove(KeySource::VARIABLE);
    // A shell that traces what it does writes secrets there.
    shell.stdin(stdin).stdout(stdout).stderr(Stdio::null());
    shell.spawn().map_err(|error| format!("the command cannot be started: {error}"))
}

const MAX_OUTPUT_LEN: usize = 64 * 1024;
