//! Words that only some files may use.

use crate::paths::named_paths;
use crate::tokens::{Token, reads};
use crate::tree::{Source, Tree};

pub(crate) fn unsafe_only_where_listed(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for source in tree.sources.iter().filter(|source| !UNSAFE_FILES.contains(&source.path.as_str())) {
        for (at, token) in source.tokens.iter().enumerate() {
            let is_lint_kept = at > 1 && ["deny", "forbid"].contains(&source.tokens[at - 2].text.as_str());
            if token.text == "unsafe" || (token.text == "unsafe_code" && !is_lint_kept) {
                found.push(source.finding(
                    token.line,
                    &format!("`{}` is for {} only", token.text, UNSAFE_FILES.join(", ")),
                ));
            }
        }
    }
    found
}

pub(crate) fn cipher_crates_only_in_crypto(tree: &Tree) -> Vec<String> {
    let outside = |source: &Source| source.part() != Some("crypto");
    in_paths(tree, outside, Tests::Count, |path| {
        let is_cipher = CIPHER_CRATES.contains(&path[0].as_str());
        is_cipher.then(|| format!("`{}` is a cipher crate, only `crypto` names those", path[0]))
    })
}

pub(crate) fn no_printing(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for source in tree.package().filter(|source| !is_front_end(source)) {
        for (at, token) in source.shipped.iter().enumerate() {
            if PRINTING_MACROS.contains(&token.text.as_str()) && is_macro_call(&source.shipped, at) {
                found.push(source.finding(token.line, &format!("`{}!` prints, only `cli` does", token.text)));
            }
        }
    }
    found.extend(in_paths(
        tree,
        |source| !is_front_end(source),
        Tests::AreCutAway,
        |path| {
            let is_stream = path
                .windows(2)
                .any(|pair| pair[0] == "io" && ["stdout", "stderr"].contains(&pair[1].as_str()));
            is_stream.then(|| {
                format!("`{}` is a stream of the command line, take a writer instead", path.join("::"))
            })
        },
    ));
    found
}

pub(crate) fn no_exit(tree: &Tree) -> Vec<String> {
    in_paths(
        tree,
        |source| !is_front_end(source),
        Tests::AreCutAway,
        |path| {
            let is_exit = path
                .windows(2)
                .any(|pair| pair[0] == "process" && ["exit", "abort"].contains(&pair[1].as_str()));
            is_exit.then(|| format!("`{}` ends the process, return an error instead", path.join("::")))
        },
    )
}

pub(crate) fn no_environment(tree: &Tree) -> Vec<String> {
    let outside =
        |source: &Source| !is_front_end(source) && !ENVIRONMENT_FILES.contains(&source.path.as_str());
    in_paths(tree, outside, Tests::AreCutAway, |path| {
        let is_read = path.windows(2).any(|pair| pair[0] == "env" && ENVIRONMENT.contains(&pair[1].as_str()));
        let is_environment = is_read || path[0] == ENVIRONMENT_CRATE;
        is_environment
            .then(|| format!("`{}` reads the environment, take the value as an argument", path.join("::")))
    })
}

pub(crate) fn no_todo(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for source in &tree.sources {
        for (at, token) in source.tokens.iter().enumerate() {
            if ["todo", "unimplemented"].contains(&token.text.as_str()) && is_macro_call(&source.tokens, at) {
                found.push(source.finding(token.line, &format!("`{}!` is left", token.text)));
            }
        }
    }
    found
}

pub(crate) fn no_unwrap(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for source in &tree.sources {
        for (at, token) in source.shipped.iter().enumerate() {
            let is_call = reads(&source.shipped, at, &[".", "unwrap", "(", ")"]);
            let is_named = ["Option", "Result"].contains(&token.text.as_str())
                && reads(&source.shipped, at + 1, &["::", "unwrap"]);
            if is_call || is_named {
                found.push(
                    source.finding(
                        token.line,
                        "`unwrap` hides its reason, use `expect` and name the invariant",
                    ),
                );
            }
        }
    }
    found
}

const UNSAFE_FILES: &[&str] = &["src/base/mapping.rs", "src/cli/child.rs", "python/src/buffer.rs"];
const CIPHER_CRATES: &[&str] = &[
    "aes",
    "aes_gcm",
    "cbc",
    "aws_lc_rs",
    "aws_lc_sys",
    "ring",
    "pbkdf2",
    "sha2",
    "hmac",
    "hkdf",
    "ed25519_dalek",
];
const PRINTING_MACROS: &[&str] = &["println", "eprintln", "print", "eprint", "dbg"];
const ENVIRONMENT: &[&str] =
    &["*", "var", "var_os", "vars", "vars_os", "args", "args_os", "set_var", "remove_var", "home_dir"];
/// Finds the user's folders, from the environment.
const ENVIRONMENT_CRATE: &str = "etcetera";
/// The two files whose job the environment is.
const ENVIRONMENT_FILES: &[&str] = &["src/keys/source.rs", "src/credentials/stores/env.rs"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tests {
    Count,
    AreCutAway,
}

/// Whether the file is of the command line, and not of the library.
fn is_front_end(source: &Source) -> bool {
    source.part() == Some("cli") || source.path == "src/main.rs"
}

/// Whether `at` is the name in `name!(…)`, not the left side of `name != …`.
fn is_macro_call(tokens: &[Token], at: usize) -> bool {
    ["(", "[", "{"].iter().any(|open| reads(tokens, at + 1, &["!", open]))
}

/// Asks `judge` about every path that leads out of the crate from the chosen files.
fn in_paths(
    tree: &Tree,
    is_chosen: impl Fn(&Source) -> bool,
    tests: Tests,
    judge: impl Fn(&[String]) -> Option<String>,
) -> Vec<String> {
    let mut found = Vec::new();
    for source in tree.package().filter(|source| is_chosen(source)) {
        let tokens = if tests == Tests::Count { &source.tokens } else { &source.shipped };
        let paths = named_paths(tokens);
        for path in &paths {
            let target = path.out_of_crate(source, tree, &paths);
            if let Some(what) = target.and_then(|target| judge(&target)) {
                found.push(source.finding(path.line, &what));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{findings, passes, refuses};

    #[test]
    fn refuses_unsafe_code_elsewhere() {
        let snippets = [
            "fn f() { unsafe { g() } }",
            "unsafe impl Send for S {}",
            "#[unsafe(no_mangle)] fn f() {}",
            "fn f() { m!(unsafe { g() }) }",
            "#![allow(unsafe_code)]",
            "#[expect(unsafe_code, reason = \"maps memory\")] mod mapping;",
            "#![cfg_attr(unix, allow(unsafe_code))]",
        ];
        refuses(unsafe_only_where_listed, "src/base/mod.rs", &snippets);
        refuses(unsafe_only_where_listed, "python/src/lib.rs", &snippets);
        passes(unsafe_only_where_listed, "src/base/mapping.rs", &snippets);
        passes(unsafe_only_where_listed, "python/src/buffer.rs", &snippets);
        passes(
            unsafe_only_where_listed,
            "src/lib.rs",
            &["#![deny(unsafe_code)]", "// unsafe", "const U: &str = \"unsafe\";"],
        );
    }

    #[test]
    fn refuses_cipher_crates_outside_crypto() {
        let snippets = [
            "use sha2::Sha256;",
            "use ::hmac::Mac as _;",
            "use {std::fmt, aes_gcm::{Aes256Gcm, KeyInit}};",
            "fn f() { aws_lc_rs::digest::digest() }",
            "use hkdf as h;",
            "extern crate pbkdf2;",
            "#[cfg(test)] mod tests { use sha2::Digest; }",
        ];
        refuses(cipher_crates_only_in_crypto, "src/keys/wrap.rs", &snippets);
        passes(cipher_crates_only_in_crypto, "src/crypto/hash.rs", &snippets);
        let others = [
            "use crate::crypto::{hash, hmac}; fn f() { hmac::sign() }",
            "struct Row { sha2: u8 } // sha2::Sha256",
            "fn f() { row.sha2() }",
        ];
        passes(cipher_crates_only_in_crypto, "src/keys/wrap.rs", &others);
    }

    #[test]
    fn refuses_printing_in_the_library() {
        let snippets = [
            "fn f() { println!(\"x\") }",
            "fn f() { std::eprint!(\"x\") }",
            "fn f() { dbg!(x); }",
            "fn f() { m!({ eprintln!() }) }",
            "use std::io; fn f() { io::stdout().write_all(b\"\") }",
        ];
        refuses(no_printing, "src/model/plan.rs", &snippets);
        passes(no_printing, "src/cli/terminal.rs", &snippets);
        passes(
            no_printing,
            "src/model/plan.rs",
            &[
                "// println!()\n/// dbg!(x)\nfn f() -> bool { print != print }",
                "#[test] fn t() { println!() }",
            ],
        );
    }

    #[test]
    fn refuses_to_end_the_process_in_the_library() {
        let snippets = [
            "fn f() { std::process::exit(1) }",
            "use std::process::{self, Command}; fn f() { process::abort() }",
            "use std::process::exit;",
            "use std::process as p; fn f() { p::exit(1) }",
        ];
        refuses(no_exit, "src/engine/pipeline.rs", &snippets);
        passes(no_exit, "src/cli/child.rs", &snippets);
        passes(no_exit, "src/engine/pipeline.rs", &["use std::process::id;", "fn f() { self.exit() }"]);
    }

    #[test]
    fn refuses_to_read_the_environment_in_the_library() {
        let snippets = [
            "fn f() { std::env::var(\"HOME\") }",
            "use std::env::{temp_dir, vars_os};",
            "use std::env as e; fn f() { e::args() }",
            "use std as s; fn f() { s::env::var_os(\"HOME\") }",
            "use std::env::*;",
            "use etcetera::BaseStrategy as _;",
        ];
        refuses(no_environment, "src/keys/wrap.rs", &snippets);
        passes(no_environment, "src/keys/source.rs", &snippets);
        passes(no_environment, "src/main.rs", &snippets);
        passes(
            no_environment,
            "src/keys/wrap.rs",
            &["const V: &str = env!(\"CARGO_PKG_VERSION\");", "fn f() { std::env::temp_dir() }"],
        );
        let own = [("src/keys/env.rs", ""), ("src/keys/mod.rs", "mod env; fn f() { env::var() }")];
        assert_eq!(findings(no_environment, &own), Vec::<String>::new());
    }

    #[test]
    fn refuses_what_is_left_to_do() {
        refuses(
            no_todo,
            "src/model/plan.rs",
            &["fn f() { todo!() }", "fn f() { std::unimplemented![\"later\"] }"],
        );
        passes(no_todo, "src/model/plan.rs", &["// todo!()", "fn todo() -> bool { todo != 1 }"]);
    }

    #[test]
    fn refuses_unwrap_outside_tests() {
        refuses(
            no_unwrap,
            "src/model/plan.rs",
            &["fn f() { g().unwrap() }", "fn f() { x.map(Option::unwrap) }", "m!(x.unwrap());"],
        );
        let snippets = [
            "/// g().unwrap()\nfn f() { g().unwrap_or_default() }",
            "fn f() { keys::unwrap(key, slots); slot.unwrap(key) }",
            "#[cfg(test)] mod tests { fn f() { g().unwrap() } }",
        ];
        passes(no_unwrap, "src/model/plan.rs", &snippets);
        passes(no_unwrap, "src/model/tests.rs", &["#![cfg(test)] fn f() { g().unwrap() }"]);
        let declared = [
            ("src/model/mod.rs", "#[cfg(test)] pub(crate) mod fakes;"),
            ("src/model/fakes.rs", "fn f() { g().unwrap() }"),
        ];
        assert_eq!(findings(no_unwrap, &declared), Vec::<String>::new());
    }
}
