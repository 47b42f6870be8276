//! A small disk of its own for one test.

use std::path::Path;
use std::process::{Command, Stdio};

use super::skip::skip;

/// Runs `test` on an empty file system of `size`: the test called `name` is started again in a process of its
/// own, and what is mounted there goes when that process does.
/// Where nothing may be mounted it is skipped.
pub(crate) fn on_small_disk(name: &str, size: &str, test: impl FnOnce(&Path)) {
    if let Some(disk) = std::env::var_os(INSIDE) {
        return test(Path::new(&disk));
    }
    let place = tempfile::tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size={size} none \"$0\" && exec \"$@\"");
    let unshare = |namespace: &str, errors: Stdio, command: &[&str]| {
        let mut unshare = Command::new("unshare");
        unshare.args([namespace, "--", "sh", "-c", &mount]).arg(place.path()).args(command);
        unshare.env(INSIDE, place.path()).stderr(errors).status().is_ok_and(|status| status.success())
    };
    let works = |namespace: &&str| unshare(namespace, Stdio::null(), &["true"]);
    let Some(namespace) = ["-m", "-rm"].into_iter().find(works) else {
        skip("no file system can be mounted here");
        return;
    };
    let program = std::env::current_exe().unwrap();
    let again = [program.to_str().unwrap(), "--exact", name, "--nocapture"];
    assert!(unshare(namespace, Stdio::inherit(), &again), "{name} failed on its small disk");
}

const INSIDE: &str = "MODELCRYPT_TEST_SMALL_DISK";
