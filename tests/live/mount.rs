//! A small disk of its own for one test.

use std::path::Path;
use std::process::{Command, Stdio};

/// Runs `test` on an empty file system of `size`: the test called `name` is started again in a process of its
/// own, and what is mounted there goes when that process does.
///
/// Where nothing may be mounted the test cannot do its part: said loudly, and where `CI` is set it fails.
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
        assert!(std::env::var_os("CI").is_none(), "no file system can be mounted here, and CI is set");
        eprintln!("\n*** SKIPPED: no file system can be mounted here, so a full disk WAS NOT TESTED ***\n");
        return;
    };
    let program = std::env::current_exe().unwrap();
    let again = [program.to_str().unwrap(), "--exact", name, "--nocapture"];
    assert!(unshare(namespace, Stdio::inherit(), &again), "{name} failed on its small disk");
}

const INSIDE: &str = "MODELCRYPT_TEST_SMALL_DISK";
