//! Who may import whom.

use crate::paths::{NamedPath, named_paths};
use crate::tokens::{after_visibility, reads};
use crate::tree::{Source, Tree};
use crate::{FLOORS, ON_THE_PUBLIC_API};

pub(crate) fn every_file_has_a_part(tree: &Tree) -> Vec<String> {
    let strays = tree.package().filter(|source| source.part().is_some_and(|part| !is_part(part)));
    strays
        .map(|source| source.finding(1, "belongs to no part of the table in tests/architecture.rs"))
        .collect()
}

pub(crate) fn parts_keep_to_their_row(tree: &Tree) -> Vec<String> {
    in_parts(tree, |part, _, target| {
        let row =
            FLOORS.iter().find(|(name, _)| *name == part).map_or(&[][..], |(_, may_import)| *may_import);
        let other = target.first().map(String::as_str).filter(|other| is_part(other) && *other != part)?;
        let allowed = if row.is_empty() { "nothing".to_owned() } else { row.join(", ") };
        (!row.contains(&other)).then(|| format!("`{part}` imports `{other}`, it may import {allowed}"))
    })
}

pub(crate) fn parts_write_full_paths(tree: &Tree) -> Vec<String> {
    in_parts(tree, |part, path, target| {
        let written = path.written();
        match (path.segments[0].as_str(), target.first().map(String::as_str)) {
            (_, None | Some("*")) => Some(format!("`{written}` is the crate's root, write `crate::part::…`")),
            (_, Some("error")) => None,
            (_, Some(first)) if !is_part(first) => {
                Some(format!("`{written}` is a re-export of lib.rs, write `crate::part::…`"))
            }
            ("super" | "self", Some(first)) if first != part => {
                Some(format!("`{written}` climbs out of `{part}`, write `crate::{}`", target.join("::")))
            }
            ("modelcrypt", Some(_)) => {
                Some(format!("`{written}` names the crate from outside, write `crate::…`"))
            }
            _ => None,
        }
    })
}

pub(crate) fn no_part_imports_error(tree: &Tree) -> Vec<String> {
    in_parts(tree, |part, path, target| {
        let is_error = target.first().is_some_and(|first| first == "error");
        is_error.then(|| format!("`{part}` names `{}`, but error.rs stands above the parts", path.written()))
    })
}

pub(crate) fn error_keeps_below_the_public_api(tree: &Tree) -> Vec<String> {
    in_sources(
        tree,
        |source| source.path == "src/error.rs",
        |path, target| {
            let first = target.first().map_or("*", String::as_str);
            let is_below = first == "error" || FLOORS.iter().any(|(part, _)| *part == first);
            (!is_below).then(|| format!("error.rs names `{}`, which is no part below it", path.written()))
        },
    )
}

pub(crate) fn main_names_only_cli(tree: &Tree) -> Vec<String> {
    let is_main = |source: &Source| source.path == "src/main.rs";
    let mut found = in_sources(tree, is_main, |path, target| {
        let is_cli = target.first().is_some_and(|first| first == "cli");
        (!is_cli).then(|| format!("main.rs names `{}`, it may name `modelcrypt::cli` only", path.written()))
    });
    for source in tree.package().filter(|source| is_main(source)) {
        let modules = source.tokens.iter().filter(|token| token.text == "mod");
        found.extend(modules.map(|token| source.finding(token.line, "main.rs declares a module")));
    }
    found
}

pub(crate) fn front_ends_stay_on_the_public_api(tree: &Tree) -> Vec<String> {
    let public = public_names(tree);
    let mut found = Vec::new();
    for front_end in ON_THE_PUBLIC_API {
        let is_in_it = |source: &Source| source.part() == Some(front_end);
        found.extend(in_sources(tree, is_in_it, |path, target| {
            let written = path.written();
            match (path.segments[0].as_str(), target.first().map(String::as_str)) {
                (_, None | Some("*")) => Some(format!("`{written}` is the whole crate, name what is needed")),
                ("super" | "self", Some(first)) if first != *front_end => {
                    Some(format!("`{written}` climbs out of `{front_end}`, write `crate::…`"))
                }
                (_, Some(first)) if first == *front_end || public.iter().any(|name| name == first) => None,
                (_, Some(_)) => Some(format!("`{written}` is not in the public API that lib.rs shows")),
            }
        }));
    }
    found
}

pub(crate) fn no_source_from_elsewhere(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for source in &tree.sources {
        for (at, token) in source.tokens.iter().enumerate() {
            if reads(&source.tokens, at, &["#", "[", "path", "="])
                || reads(&source.tokens, at, &["include", "!"])
            {
                found.push(
                    source.finding(token.line, "pulls in a source from another place, past the floors"),
                );
            }
        }
    }
    found
}

fn is_part(name: &str) -> bool {
    FLOORS.iter().any(|(part, _)| *part == name) || ON_THE_PUBLIC_API.contains(&name)
}

/// What lib.rs shows: its `pub mod`s and the names of its `pub use`s.
fn public_names(tree: &Tree) -> Vec<String> {
    let mut names = Vec::new();
    for lib in tree.package().filter(|source| source.path == "src/lib.rs") {
        for at in 0..lib.shipped.len() {
            let item = after_visibility(&lib.shipped, at);
            if item != at + 1 {
                continue;
            }
            if reads(&lib.shipped, item, &["mod"]) {
                names.push(lib.shipped[item + 1].text.clone());
            } else if reads(&lib.shipped, item, &["use"]) {
                let end = lib.shipped[item..]
                    .iter()
                    .position(|token| token.text == ";")
                    .map_or(item, |len| item + len);
                names.extend(
                    named_paths(&lib.shipped[item..end]).into_iter().filter_map(|path| path.bound_as),
                );
            }
        }
    }
    names
}

/// Asks `judge` about every path from a file of a part on a floor to somewhere in the crate.
fn in_parts(tree: &Tree, judge: impl Fn(&str, &NamedPath, &[String]) -> Option<String>) -> Vec<String> {
    let mut found = Vec::new();
    for (part, _) in FLOORS {
        for source in tree.package().filter(|source| source.part() == Some(part)) {
            let is_it = |other: &Source| other.path == source.path;
            found.extend(in_sources(tree, is_it, |path, target| judge(part, path, target)));
        }
    }
    found
}

/// Asks `judge` about every path from the chosen files to somewhere in the crate. Tests are held to it too.
fn in_sources(
    tree: &Tree,
    is_chosen: impl Fn(&Source) -> bool,
    judge: impl Fn(&NamedPath, &[String]) -> Option<String>,
) -> Vec<String> {
    let mut found = Vec::new();
    for source in tree.package().filter(|source| is_chosen(source)) {
        for path in named_paths(&source.tokens) {
            let target = path.in_crate(source, tree);
            if let Some(what) = target.and_then(|target| judge(&path, &target)) {
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
    fn refuses_a_file_without_a_part() {
        refuses(every_file_has_a_part, "src/formats/header.rs", &[""]);
        refuses(every_file_has_a_part, "src/testing.rs", &[""]);
        passes(every_file_has_a_part, "src/mask.rs", &[""]);
        passes(every_file_has_a_part, "src/cli/commands/encrypt.rs", &[""]);
        passes(every_file_has_a_part, "src/lib.rs", &[""]);
    }

    #[test]
    fn refuses_an_upper_or_sibling_part_in_every_spelling() {
        let spellings = [
            "use crate::model::Plan;",
            "use crate::{base::Clock, model::{self, Plan}};",
            "use crate::{base::Clock, engine as machine};",
            "pub(crate) use crate :: engine :: Sealer;",
            "pub(in crate::keys) use crate::envelope::rewrap;",
            "fn f() { crate::model::plan::run() }",
            "fn f(plan: &crate::model::Plan) {}",
            "fn f() -> impl Iterator<Item = crate::model::Plan> + use<> { todo() }",
            "fn f() { <crate::model::Plan as Default>::default() }",
            "fn f() { Vec::<crate::model::Plan>::new() }",
            "fn f() { assert_eq!(vec![crate::model::LIMIT], []) }",
            "macro_rules! m { () => { $crate::model::Plan } }",
            "use super::super::model::Plan;",
            "use super::{master, super::model::Plan};",
            "use self::super::super::engine::Opener;",
            "mod inner { use super::super::super::model::Plan; }",
            "fn f() { super::super::cli::run() }",
            "use modelcrypt::model::Plan;",
            "use ::modelcrypt::cli;",
            "fn f() { modelcrypt::server::start() }",
            "#[cfg(test)] mod tests { use crate::model::Plan; }",
            "#[derive(Serialize)] struct S { #[serde(with = \"crate::model::hex\")] key: [u8; 8] }",
            "#[doc(inline)] pub use crate::model::*;",
        ];
        refuses(parts_keep_to_their_row, "src/keys/wrap.rs", &spellings);
    }

    #[test]
    fn passes_what_the_row_names_and_what_only_looks_like_an_import() {
        let snippets = [
            "use crate::{base::Clock, crypto::aead, format::Slot};",
            "use super::super::base::Clock;",
            "use super::master::MasterKey;",
            "pub(in crate::keys) fn f() {}",
            "//! Unlike [`crate::model`], see `use crate::model::Plan;`.\n/* crate::engine::Sealer */",
            "const HELP: &str = \"crate::model::Plan\"; const RAW: &str = r#\"use crate::model;\"#;",
            "fn f() { let model = 'm'; model.envelope::<u8>(); }",
            "use std::model::X;",
            "mod model { pub(super) fn f() {} } fn g() { model::f() }",
        ];
        passes(parts_keep_to_their_row, "src/keys/wrap.rs", &snippets);
        passes(
            parts_keep_to_their_row,
            "src/guard/memfd.rs",
            &["use crate::{base, crypto, keys, envelope, model};"],
        );
        passes(parts_keep_to_their_row, "src/error.rs", &["use crate::model::Error;"]);
    }

    #[test]
    fn a_finding_says_where_and_what() {
        let found = findings(
            parts_keep_to_their_row,
            &[("src/base/clock.rs", "//! Time.\n\nuse crate::keys::MasterKey;\n")],
        );
        assert_eq!(found, ["src/base/clock.rs:3: `base` imports `keys`, it may import nothing"]);
    }

    #[test]
    fn refuses_re_exports_and_climbing_out() {
        let snippets = [
            "use crate::MasterKey;",
            "use crate::{MasterKey, base::Clock};",
            "fn f() -> Result<(), crate::Error> { Ok(()) }",
            "use crate::*;",
            "use crate as root;",
            "use super::super as root;",
            "use super::super::base::Clock;",
            "use super::super::MasterKey;",
            "use modelcrypt::base::Clock;",
        ];
        refuses(parts_write_full_paths, "src/keys/wrap.rs", &snippets);
        let full = ["use crate::base::Clock;", "use super::master;", "pub(crate) fn f() {}"];
        passes(parts_write_full_paths, "src/keys/wrap.rs", &full);
    }

    #[test]
    fn refuses_a_part_that_imports_error() {
        let snippets =
            ["use crate::error::ErrorKind;", "use super::super::error;", "fn f(e: crate::error::Error) {}"];
        refuses(no_part_imports_error, "src/model/plan.rs", &snippets);
        passes(
            no_part_imports_error,
            "src/model/plan.rs",
            &["use crate::keys::error::Error;", "use super::error::Error;"],
        );
        refuses(
            error_keeps_below_the_public_api,
            "src/error.rs",
            &["use crate::cli::Args;", "use super::MasterKey;", "use crate::*;"],
        );
        passes(
            error_keeps_below_the_public_api,
            "src/error.rs",
            &["use crate::{base, guard::Error};", "use self::ErrorKind::Io;"],
        );
    }

    #[test]
    fn refuses_a_main_that_names_more_than_the_command_line() {
        let snippets = [
            "use modelcrypt::Error;",
            "use modelcrypt::{cli, keys};",
            "use modelcrypt as m;",
            "fn main() { modelcrypt::model::encrypt() }",
            "mod extra; fn main() {}",
        ];
        refuses(main_names_only_cli, "src/main.rs", &snippets);
        let three_lines =
            "fn main() -> std::process::ExitCode { modelcrypt::cli::main(std::env::args_os()) }";
        passes(
            main_names_only_cli,
            "src/main.rs",
            &[three_lines, "use modelcrypt::cli; fn main() { cli::main() }", "fn main() {}"],
        );
    }

    #[test]
    fn refuses_a_front_end_that_reaches_behind_the_public_api() {
        let lib = (
            "src/lib.rs",
            "mod base; pub mod keys; pub(crate) mod format; mod model; mod cli; use base::Clock;
            pub use model::{ModelDir, plan::Plan as ModelPlan}; #[cfg(test)] pub use base::Fake;",
        );
        let judge = |snippet| {
            findings(front_ends_stay_on_the_public_api, &[lib, ("src/cli/commands/verify.rs", snippet)])
        };
        for snippet in [
            "use crate::{ModelDir, ModelPlan};",
            "use crate::keys::MasterKey;",
            "use crate::cli::terminal;",
            "use super::super::terminal;",
        ] {
            assert_eq!(judge(snippet), Vec::<String>::new(), "{snippet}");
        }
        for snippet in [
            "use crate::model::ModelDir;",
            "use crate::{keys, format};",
            "fn f() { crate::base::atomic_file::replace() }",
            "use crate::Clock;",
            "use crate::Fake;",
            "use crate::Plan;",
            "use crate::*;",
            "use super::super::super::keys;",
        ] {
            assert_ne!(judge(snippet), Vec::<String>::new(), "{snippet}");
        }
    }

    #[test]
    fn refuses_sources_from_elsewhere() {
        let snippets = ["#[path = \"../model/plan.rs\"] mod plan;", "include!(\"../model/plan.rs\");"];
        refuses(no_source_from_elsewhere, "src/keys/wrap.rs", &snippets);
        passes(
            no_source_from_elsewhere,
            "src/mask/rules.rs",
            &["const RULES: &str = include_str!(\"rules.toml\");"],
        );
    }
}
