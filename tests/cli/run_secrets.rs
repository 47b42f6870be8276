//! The key stays with the holder, and with `--write-back` only: the program never sees it.

use std::process::Output;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use modelcrypt::base::Secret;
use modelcrypt::crypto::{Aead, Backend, expand_sha256, expand_sha512, hkdf_sha256, sha256};

use crate::run::line;
use crate::sandbox::Sandbox;

const SEARCH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/search_memory.py");

/// What a program sees of itself and of the holder: environments, arguments, open files.
const LOOK: &str = "import os
for pid in ('self', os.getppid()):
    for what in ('environ', 'cmdline'):
        print(open(f'/proc/{pid}/{what}', 'rb').read().replace(b'\\0', b'\\n').decode())
print('descriptors', sorted(os.listdir('/proc/self/fd')))
";

fn told(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_key_in_a_variable_is_in_no_environment_and_no_argument() {
    let sandbox = Sandbox::with_sealed_model();
    let key = sandbox.key_text();
    for (options, variables) in [
        (&[][..], &["MODELCRYPT_KEY"][..]),
        (&["--key-env", "K"], &["K"]),
        (&["--key-env", "K"], &["K", "MODELCRYPT_KEY"]),
        (&["--key-file", "key"], &["MODELCRYPT_KEY"]),
        (&["--place", "tmpfs", "--write-back"], &["MODELCRYPT_KEY"]),
    ] {
        let mut command = sandbox.command([&["run", "m"], options, &["--", "python3", "-c", LOOK]].concat());
        for variable in variables {
            command.env(variable, &key);
        }
        let shown = told(&command.env("OTHER", "is kept").output().unwrap());
        assert!(!shown.contains(&key[5..]), "{options:?}: {shown}");
        assert_eq!(shown.matches("OTHER=is kept").count(), 2, "{shown}");
        assert!(shown.contains("MODELCRYPT_DIR=") && shown.contains("--\npython3"), "{shown}");
        for variable in variables {
            assert!(!shown.contains(&format!("\n{variable}=")), "{shown}");
        }
    }
}

#[test]
fn a_program_inherits_no_descriptor() {
    let sandbox = Sandbox::with_sealed_model();
    let alone = std::process::Command::new("python3")
        .args(["-c", LOOK])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let descriptors = |output: &Output| {
        let shown = told(output);
        shown.lines().find(|line| line.starts_with("descriptors")).unwrap().to_owned()
    };
    for options in [&["--key-file", "key"][..], &["--key-env", "K"], &["--place", "tmpfs", "--write-back"]] {
        let mut command = sandbox.command([&["run", "m"], options, &["--", "python3", "-c", LOOK]].concat());
        if options[0] != "--key-file" {
            command.env("K", sandbox.key_text()).env("MODELCRYPT_KEY", sandbox.key_text());
        }
        assert_eq!(descriptors(&command.output().unwrap()), descriptors(&alone), "{options:?}");
    }
}

/// What was found of the key in the holder's memory, by a program that it runs.
fn found(
    sandbox: &Sandbox,
    options: &[&str],
    variable: Option<(&str, &str)>,
    search: &[&str],
) -> Vec<String> {
    let line = [&["run", "m"], options, &["--", "python3", SEARCH], search].concat();
    let shown = told(&sandbox.command(line).envs(variable).output().unwrap());
    let (searched, found) =
        shown.trim_end().rsplit_once('\n').map_or((&*shown, ""), |(found, last)| (last, found));
    let searched: u64 = searched.trim().strip_prefix("searched ").unwrap().parse().unwrap();
    assert!(searched > 1 << 20, "{searched}");
    found.lines().map(str::to_owned).collect()
}

#[test]
fn a_raw_key_is_wiped_before_the_program_starts() {
    let sandbox = Sandbox::with_sealed_model();
    let key = sandbox.key_text();
    for place in ["memfd", "tmpfs"] {
        for (options, variable) in [
            (&["--key-file", "key"][..], None),
            (&["--key-command", "cat key"], None),
            (&["--key-env", "K"], Some(("K", &*key))),
            (&[], Some(("MODELCRYPT_KEY", &*key))),
        ] {
            let found = found(&sandbox, &[options, &["--place", place]].concat(), variable, &["key"]);
            assert!(found.is_empty(), "{options:?} {place}: {found:?}");
        }
    }
}

#[test]
fn a_passphrase_is_wiped_before_the_program_starts() {
    let sandbox = Sandbox::with_model();
    sandbox.write("pass", b"correct horse battery staple");
    std::fs::set_permissions(sandbox.path("pass"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    let pass = ["--passphrase-file", "pass"];
    sandbox.done([&["encrypt", "m", "--iterations", "100000"][..], &pass].concat());
    let variable = Some(("MODELCRYPT_KEY", "correct horse battery staple"));
    let search = ["pass", "m/deep/b.bin.enc"];
    for (options, variable) in [(&pass[..], None), (&[], variable)] {
        let found = found(&sandbox, options, variable, &search);
        assert!(found.is_empty(), "{options:?}: {found:?}");
    }
    let kept = found(&sandbox, &[&pass[..], &["--place", "tmpfs", "--write-back"]].concat(), None, &search);
    assert!(kept.iter().any(|form| form.starts_with("derived")), "{kept:?}");
}

/// What is derived from the key to open the sealed file `name`, as `docs/format.md` tells it, by its names.
fn derived(sandbox: &Sandbox, name: &str) -> Vec<String> {
    let sealed = sandbox.read(name);
    let master = BASE64URL_NOPAD.decode(&sandbox.key_text().as_bytes()[5..]).unwrap();
    let label = |name: &str| [b"modelcrypt/v1/", name.as_bytes(), &[0]].concat();
    let (backend, core) = (Backend::default(), &sealed[..64]);
    let slot = [&label("slot")[..], &[0, 3], &sha256(&sealed[116..124]), core].concat();
    let slot: Secret<64> = hkdf_sha256(backend, &sealed[124..156], &master[..32], &slot);
    let (wrap, commit) = slot.expose().split_at(32);
    assert_eq!(commit, &sealed[156..188]);
    let mut file_key = [0; 32];
    Aead::new(backend, wrap.try_into().unwrap())
        .open(&[0; 12], &[], &sealed[188..236], &mut file_key)
        .unwrap();
    let payload: Secret<32> =
        expand_sha256(backend, &file_key, &[&label("payload-key"), &core[16..48]].concat());
    let metadata = [&label("meta")[..], core, &sealed[64..72]].concat();
    let metadata: Secret<32> = hkdf_sha256(backend, &sealed[72..104], &file_key, &metadata);
    let suite = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";
    let chunks = [&suite[..], &sealed[16384..16408], &label("payload"), core].concat();
    let chunks: Secret<76> = expand_sha512(backend, payload.expose(), &chunks);
    assert_eq!(chunks.expose()[44..], sealed[16408..16440]);
    let forms: [(&str, &[u8]); 5] = [
        ("wrap", wrap),
        ("file", &file_key),
        ("payload", payload.expose()),
        ("metadata", metadata.expose()),
        ("chunks", &chunks.expose()[..32]),
    ];
    forms.map(|(name, key)| format!("{name}={}", HEXLOWER.encode(key))).to_vec()
}

/// Not even on the stack, by way of which keys have moved.
#[test]
fn what_is_derived_from_a_key_is_wiped_too() {
    let sandbox = Sandbox::with_sealed_model();
    for name in ["m/a.safetensors.enc", "m/deep/b.bin.enc"] {
        let derived = derived(&sandbox, name);
        let search: Vec<_> = ["key"].into_iter().chain(derived.iter().map(String::as_str)).collect();
        for place in ["memfd", "tmpfs"] {
            let found = found(&sandbox, &["--key-file", "key", "--place", place], None, &search);
            assert!(found.is_empty(), "{name} in {place}: {found:?}");
        }
        let options = ["--key-file", "key", "--place", "tmpfs", "--write-back"];
        let kept = found(&sandbox, &options, None, &search);
        assert!(kept.iter().any(|form| form.starts_with("file ")), "{kept:?}");
    }
}

/// The search is no good unless it finds a key that is there. Only root can look at such a holder.
#[test]
fn a_key_that_seals_again_is_kept_and_out_of_reach() {
    let sandbox = Sandbox::with_sealed_model();
    let options = ["--key-file", "key", "--place", "tmpfs", "--write-back"];
    let found = found(&sandbox, &options, None, &["key"]);
    assert!(found.iter().any(|form| form.starts_with("key ")), "{found:?}");
    assert!(!found.iter().any(|form| form.starts_with("text") || form.starts_with("body")), "{found:?}");
    // What belongs to root of a process that is not root's to begin with is not dumpable.
    let owner = "stat -c %u /proc/$PPID/environ; stat -c %a /proc/$PPID/fd";
    let shown = told(
        &sandbox
            .command([&["run", "m"], &options[..], &["--", "sh", "-c", owner]].concat())
            .output()
            .unwrap(),
    );
    assert!(shown.starts_with("0\n"), "{shown}");
}

/// Somebody has put the key where its name belongs: it is not said again.
#[test]
fn a_key_where_a_name_belongs_is_not_told() {
    let sandbox = Sandbox::with_sealed_model();
    let key = sandbox.key_text();
    for variable in [None, Some(("MODELCRYPT_KEY", &*key))] {
        let mut command = sandbox.command(["run", "m", "--key-env", &key, "--", "true"]);
        let output = command.envs(variable).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(!told.contains(&key[5..]), "{told}");
    }
}

#[test]
fn a_key_is_the_same_by_way_of_a_variable() {
    let sandbox = Sandbox::with_model();
    // One newline goes, the second is the passphrase's own.
    for (name, passphrase) in [("m", "horse\n\n"), ("n", &"ö".repeat(2048))] {
        sandbox.write(format!("{name}/a.bin"), b"weights");
        let encrypt = ["encrypt", name, "--iterations", "100000"];
        assert!(sandbox.command(encrypt).env("MODELCRYPT_KEY", passphrase).status().unwrap().success());
        let run = ["run", name, "--", "cat", "{}/a.bin"];
        let output = sandbox.command(run).env("MODELCRYPT_KEY", passphrase).output().unwrap();
        assert_eq!(told(&output), "weights");
    }
    for (wrong, code) in [("", 2), ("mck1_typo", 2), ("another", 3)] {
        let mut command = sandbox.command(line(&[], &[])[..2].iter().chain(&["--", "true"]));
        let output = command.env("MODELCRYPT_KEY", wrong).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{wrong}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
