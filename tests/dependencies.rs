//! Every dependency says why it is here, and brings a licence that `deny.toml` allows.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

#[test]
fn every_dependency_has_its_reason_on_the_line_above() {
    for path in ["Cargo.toml", "python/Cargo.toml"] {
        let manifest = read(path);
        let found = without_reason(&manifest);
        assert!(found.is_empty(), "no reason above, in {path}: {found:?}");
    }
}

#[test]
fn a_dependency_without_a_reason_is_found() {
    let manifest = "[package]\nname = \"x\"\n[dependencies]\n# Why.\na = \"1\"\nb = \"1\"\n\nc = { version = \"1\", features = [\n  \"d\",\n] }\n\
        [target.'cfg(unix)'.dependencies]\n# Why.\n\ne = \"1\"\n[dev-dependencies]\nf = \"1\"\n[lints.rust]\ng = \"deny\"\n";
    assert_eq!(without_reason(manifest), ["b", "c", "e", "f"]);
}

#[test]
fn every_package_has_a_licence_that_we_allow() {
    let allowed = allowed_licences();
    let mut refused = Vec::new();
    for package in packages() {
        let licence = package["license"].as_str().unwrap_or("none");
        if !is_allowed(licence, &allowed) {
            refused.push(format!("{} {}: {licence}", package["name"], package["version"]));
        }
    }
    assert!(refused.is_empty(), "licences that deny.toml does not allow:\n{}", refused.join("\n"));
}

#[test]
fn a_licence_expression_is_read_as_it_is_meant() {
    let allowed = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "ISC"].map(str::to_owned);
    for licence in [
        "MIT",
        "GPL-3.0-only OR MIT",
        "MIT/Unlicense",
        "Apache-2.0 WITH LLVM-exception",
        "ISC AND (GPL-3.0-only OR ISC) AND MIT",
        "(MIT OR GPL-3.0-only) AND (ISC)",
    ] {
        assert!(is_allowed(licence, &allowed), "{licence}");
    }
    for licence in [
        "none",
        "",
        "GPL-3.0-only",
        "MIT AND GPL-3.0-only",
        "GPL-3.0-only AND MIT OR GPL-2.0-only",
        "ISC AND (GPL-3.0-only OR LGPL-3.0-only)",
        "MIT WITH Unknown-exception",
        "(MIT",
        "MIT ISC",
    ] {
        assert!(!is_allowed(licence, &allowed), "{licence}");
    }
}

/// The dependencies of a manifest that no comment stands directly above.
fn without_reason(manifest: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_in_dependencies = false;
    let mut open_brackets = 0;
    let mut previous = "";
    for line in manifest.lines() {
        if open_brackets == 0 && line.starts_with('[') {
            is_in_dependencies = line.trim_end_matches(']').ends_with("dependencies");
        } else if open_brackets == 0 && is_in_dependencies {
            let name = line.split_once('=').map(|(name, _)| name.trim());
            found.extend(name.filter(|_| !line.starts_with('#') && !previous.starts_with('#')));
        }
        if !line.starts_with('#') {
            open_brackets += line.matches(['[', '{']).count();
            open_brackets -= line.matches([']', '}']).count();
        }
        previous = line;
    }
    found
}

/// The packages of the lock file for every platform, or for this one where the others were never fetched.
fn packages() -> Vec<Value> {
    let metadata = metadata(&[]).or_else(|_| metadata(&["--filter-platform", &host()]));
    let metadata = metadata
        .expect("`cargo metadata` reads the lock file; `cargo fetch --locked` fetches what it misses");
    metadata["packages"].as_array().expect("cargo metadata lists packages").clone()
}

fn metadata(filter: &[&str]) -> Result<Value, String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--format-version", "1"])
        .args(filter)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}

fn host() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().expect("rustc runs");
    let about = String::from_utf8(output.stdout).expect("rustc speaks UTF-8");
    about.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host").to_owned()
}

fn allowed_licences() -> Vec<String> {
    let deny: toml::Table = read("deny.toml").parse().expect("deny.toml is TOML");
    let allow = deny["licenses"]["allow"].as_array().expect("deny.toml lists licences");
    allow.iter().map(|licence| licence.as_str().expect("a licence is a string").to_owned()).collect()
}

/// Whether an SPDX expression can be met with `allowed` licences; `/` is the old way to write `OR`.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any_of(&mut rest, allowed) == Some(true) && rest.is_empty()
}

fn any_of(rest: &mut &[&str], allowed: &[String]) -> Option<bool> {
    let mut is_met = all_of(rest, allowed)?;
    while take(rest, "OR") {
        is_met |= all_of(rest, allowed)?;
    }
    Some(is_met)
}

fn all_of(rest: &mut &[&str], allowed: &[String]) -> Option<bool> {
    let mut is_met = one(rest, allowed)?;
    while take(rest, "AND") {
        is_met &= one(rest, allowed)?;
    }
    Some(is_met)
}

fn one(rest: &mut &[&str], allowed: &[String]) -> Option<bool> {
    if take(rest, "(") {
        let is_met = any_of(rest, allowed)?;
        return take(rest, ")").then_some(is_met);
    }
    let (name, after) = rest.split_first()?;
    *rest = after;
    let mut licence = (*name).to_owned();
    if take(rest, "WITH") {
        let (exception, after) = rest.split_first()?;
        *rest = after;
        licence = format!("{licence} WITH {exception}");
    }
    Some(allowed.contains(&licence))
}

fn take(rest: &mut &[&str], word: &str) -> bool {
    let is_next = rest.first() == Some(&word);
    if is_next {
        *rest = &rest[1..];
    }
    is_next
}

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name))
        .expect("the file is in the repository")
}
