//! The size, the name and the content of files.

use crate::tokens::{after_attributes, after_visibility, reads};
use crate::tree::{Source, Tree};

pub(crate) fn short_files(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for source in tree.sources.iter().filter(|source| !source.shipped.is_empty()) {
        let line_count = lines_without_tests(&source.text);
        if line_count > MAX_LINES {
            found.push(
                source.finding(
                    line_count,
                    &format!("{line_count} lines without its tests, at most {MAX_LINES}"),
                ),
            );
        }
    }
    found
}

pub(crate) fn mod_files_only_declare(tree: &Tree) -> Vec<String> {
    tree.sources.iter().filter(|source| source.is_mod_file()).filter_map(first_definition).collect()
}

pub(crate) fn no_drawers(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for source in &tree.sources {
        let path = source.path.trim_end_matches(".rs");
        if let Some(name) = path.split('/').find(|name| DRAWERS.contains(name)) {
            found.push(source.finding(1, &format!("`{name}` is a drawer, name what is in it")));
        }
        for (at, token) in source.tokens.iter().enumerate() {
            if DRAWERS.iter().any(|name| reads(&source.tokens, at, &["mod", name])) {
                found.push(source.finding(token.line, "a drawer of a module, name what is in it"));
            }
        }
    }
    found
}

const MAX_LINES: usize = 320;
const DRAWERS: &[&str] = &["util", "utils", "helper", "helpers", "misc", "common"];

/// Counts the lines before the `#[cfg(test)]` that stands over `mod tests`.
fn lines_without_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_start_of_tests = |at: &usize| {
        let item = lines[at + 1..].iter().find(|line| !line.starts_with("#["));
        lines[*at] == "#[cfg(test)]" && item.is_some_and(|line| line.starts_with("mod tests"))
    };
    (0..lines.len()).find(is_start_of_tests).unwrap_or(lines.len())
}

/// The first thing in a `mod.rs` that is no doc, attribute, `mod …;` or `use …;`.
fn first_definition(source: &Source) -> Option<String> {
    let tokens = &source.shipped;
    let mut at = after_attributes(tokens, 0);
    while at < tokens.len() {
        let item = after_visibility(tokens, at);
        let is_declaration = reads(tokens, item, &["mod"]) && reads(tokens, item + 2, &[";"]);
        if !is_declaration && !reads(tokens, item, &["use"]) {
            let what =
                format!("`{}` in a mod.rs, which only declares and re-exports", tokens.get(item)?.text);
            return Some(source.finding(tokens[at].line, &what));
        }
        let len = tokens[item..].iter().position(|token| token.text == ";")?;
        at = after_attributes(tokens, item + len + 1);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{passes, refuses};

    #[test]
    fn refuses_a_long_file_and_leaves_its_tests_out() {
        let code = |line_count: usize| "fn f() {}\n".repeat(line_count);
        let tests = format!("#[cfg(test)]\n#[allow(clippy::unwrap_used)]\nmod tests {{\n{}}}\n", code(500));
        refuses(short_files, "src/model/plan.rs", &[&code(321), &format!("{}{tests}", code(321))]);
        refuses(
            short_files,
            "src/model/plan.rs",
            &[&format!("{}#[cfg(test)]\nuse a::b;\n{}", code(160), code(160))],
        );
        passes(short_files, "src/model/plan.rs", &[&code(320), &format!("{}{tests}", code(320))]);
        passes(short_files, "src/model/tests.rs", &[&format!("#![cfg(test)]\n{}", code(500))]);
    }

    #[test]
    fn refuses_definitions_in_a_mod_file() {
        let snippets = [
            "mod a; fn f() {}",
            "pub struct S;",
            "mod a { pub fn f() {} }",
            "//! Docs.\npub use a::B;\nconst C: u8 = 1;",
            "thread_local! {}",
        ];
        refuses(mod_files_only_declare, "src/model/mod.rs", &snippets);
        passes(mod_files_only_declare, "src/model/plan.rs", &snippets);
        let declarations = "//! Docs.\n#![warn(a)]\n/// More.\n#[cfg(unix)]\nmod a;\npub(crate) mod b;\npub(in crate::model) use a::{c, d::E};\npub use f::*;\n\
            #[cfg(test)]\nmod tests { fn g() {} }\n";
        passes(mod_files_only_declare, "src/model/mod.rs", &[declarations, ""]);
    }

    #[test]
    fn refuses_drawers() {
        refuses(no_drawers, "src/keys/utils.rs", &[""]);
        refuses(no_drawers, "src/common/mod.rs", &[""]);
        refuses(no_drawers, "python/src/helpers.rs", &[""]);
        refuses(no_drawers, "src/keys/wrap.rs", &["mod misc { }", "pub(crate) mod util;"]);
        passes(no_drawers, "src/keys/wrap.rs", &["// mod util;", "use std::common::x;"]);
    }
}
