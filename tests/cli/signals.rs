//! Signals. The key command runs as a child of the program, so that it can send one at a known moment.
#![cfg(unix)]

use crate::sandbox::Sandbox;

fn encrypt(command: &str) -> (Sandbox, i32, String) {
    let sandbox = Sandbox::with_model();
    let ran = sandbox.run(["encrypt", "m", "--key-command", command]);
    (sandbox, ran.code, ran.stderr)
}

#[test]
fn one_signal_stops_the_work_and_says_how_to_go_on() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let (sandbox, ended, stderr) = encrypt(&format!("kill -{signal} $PPID; cat key"));
        assert_eq!(ended, code, "{stderr}");
        assert!(
            stderr.contains("error: interrupted: 2 files not finished")
                && stderr.contains("hint: run it again to finish"),
            "{stderr}"
        );
        assert!(sandbox.exists("m/a.safetensors") && sandbox.exists("m/deep/b.bin"));
        assert!(!sandbox.exists("m/a.safetensors.enc"));
    }
}

#[test]
fn a_second_signal_of_its_kind_kills_at_once() {
    for (signal, number) in [("INT", 2), ("TERM", 15)] {
        let (_, ended, _) =
            encrypt(&format!("kill -{signal} $PPID; sleep 0.2; kill -{signal} $PPID; sleep 5"));
        assert_eq!(ended, -number);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_process_is_not_dumpable_and_dumps_no_core() {
    let (_, ended, stderr) = encrypt("grep '^Max core file size  *0  *0 ' /proc/$PPID/limits >&2; cat key");
    assert_eq!(ended, 0, "{stderr}");
    assert!(stderr.contains("Max core file size"), "{stderr}");
    let owner = "stat -c 'owner %u' /proc/$PPID/environ >&2; cat key";
    let (_, _, stderr) = encrypt(owner);
    assert!(stderr.contains("owner 0"), "{stderr}");
}
