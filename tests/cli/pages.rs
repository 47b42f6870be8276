//! `--help`, `completions`, `man`, `bench`: what is made from the definition of the arguments, and the rest.

use crate::sandbox::Sandbox;

const VERBS: [&str; 18] = [
    "keygen",
    "encrypt",
    "decrypt",
    "verify",
    "status",
    "inspect",
    "rewrap",
    "reencrypt",
    "cat",
    "sweep",
    "bench",
    "presign",
    "sign-url",
    "verify-url",
    "cred",
    "scan",
    "completions",
    "man",
];

#[test]
fn every_verb_explains_itself() {
    let sandbox = Sandbox::new();
    let all = sandbox.done(["--help"]);
    for verb in VERBS {
        assert!(all.text().contains(&format!("\n  {verb} ")), "{verb}");
        let help = sandbox.done([verb, "--help"]);
        assert!(help.text().contains(&format!("Example: modelcrypt {verb}")), "{verb}");
    }
}

#[test]
fn nested_verbs_explain_themselves() {
    let sandbox = Sandbox::new();
    for verb in [&["set"][..], &["rotate"], &["setup", "hf"], &["import", "fernet"], &["audit", "verify"]] {
        let help = sandbox.done(["cred"].iter().chain(verb).chain(&["--help"]));
        let example = format!("Example: modelcrypt cred {}", verb.join(" "));
        assert!(help.text().contains(&example), "{}", help.text());
    }
}

#[test]
fn help_says_what_a_verb_does_not_do() {
    let sandbox = Sandbox::new();
    for (verb, words) in [
        ("encrypt", "Does not wipe the blocks of removed plaintexts on SSDs"),
        ("rewrap", "Does not lock out who kept a file key or an old copy of the file: see reencrypt"),
        ("decrypt", "cut short shows only at the end, as exit code 4"),
        ("cat", "as exit code 4"),
    ] {
        let help = sandbox.done([verb, "--help"]);
        let help = help.text().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains(words), "{verb}: {help}");
    }
}

#[test]
fn no_arguments_show_the_help_and_are_a_usage_error() {
    Sandbox::new().run([""; 0]).failed(2, "Usage: modelcrypt");
}

#[test]
fn the_version_is_that_of_the_package() {
    let ran = Sandbox::new().done(["--version"]);
    assert_eq!(ran.text(), concat!("modelcrypt ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn completions_know_every_verb() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Sandbox::new().done(["completions", shell]);
        assert!(VERBS.iter().all(|verb| script.text().contains(verb)), "{shell}");
        let nested = ["rollback", "fernet", "checkpoint"];
        assert!(nested.iter().all(|verb| script.text().contains(verb)), "{shell}");
    }
}

#[test]
fn man_prints_the_main_page_or_writes_them_all() {
    let sandbox = Sandbox::new();
    assert!(sandbox.done(["man"]).text().contains(".TH modelcrypt 1"));
    sandbox.done(["man", "share/man1"]);
    for verb in VERBS {
        let page = String::from_utf8(sandbox.read(format!("share/man1/modelcrypt-{verb}.1"))).unwrap();
        assert!(page.contains("Example: modelcrypt"), "{verb}");
    }
    for nested in ["cred-set", "cred-import-aws", "cred-audit-show"] {
        let page = String::from_utf8(sandbox.read(format!("share/man1/modelcrypt-{nested}.1"))).unwrap();
        assert!(page.contains("Example: modelcrypt cred "), "{nested}");
    }
    assert!(!sandbox.exists("share/man1/modelcrypt-help.1"));
    assert!(!sandbox.exists("share/man1/modelcrypt-cred-help.1"));
}

#[test]
fn bench_measures_every_backend() {
    let bench = Sandbox::new().done(["bench", "--json"]).json();
    let backends = bench["backends"].as_array().unwrap();
    assert_eq!(backends.len(), modelcrypt::crypto::Backend::ALL.len());
    for backend in backends {
        assert!(backend["aes_256_gcm_seal_bytes_per_s"].as_u64().unwrap() > 0);
        assert!(backend["pbkdf2_ms"].as_f64().unwrap() > 0.0);
    }
}
