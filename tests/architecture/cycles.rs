//! No file of a part may come back to itself through what it imports.

use std::collections::{BTreeMap, BTreeSet};

use crate::paths::named_paths;
use crate::tree::{Source, Tree};

/// Finds the cycles between the files of one part. Tests do not count, and a name that a `mod.rs` passes on counts as the file it comes from.
pub(crate) fn no_cycle_inside_a_part(tree: &Tree) -> Vec<String> {
    let imports: Imports =
        tree.package().map(|source| (source.path.as_str(), imports_in_part(source, tree))).collect();
    let mut found = Vec::new();
    let mut done = BTreeSet::new();
    for path in imports.keys() {
        visit(path, &imports, &mut Vec::new(), &mut done, &mut found);
    }
    found
}

/// For each file the files that it imports, with the line that does it first.
type Imports<'a> = BTreeMap<&'a str, BTreeMap<&'a str, usize>>;

fn visit<'a>(
    path: &'a str,
    imports: &Imports<'a>,
    trail: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
    found: &mut Vec<String>,
) {
    if let Some(begin) = trail.iter().position(|other| *other == path) {
        let first_line = imports[path][trail.get(begin + 1).copied().unwrap_or(path)];
        let chain = [&trail[begin..], &[path]].concat().join(" -> ");
        found.push(format!("{path}:{first_line}: a cycle of modules: {chain}"));
        return;
    }
    if done.contains(path) {
        return;
    }
    trail.push(path);
    for target in imports[path].keys() {
        visit(target, imports, trail, done, found);
    }
    trail.pop();
    done.insert(path);
}

fn imports_in_part<'a>(source: &Source, tree: &'a Tree) -> BTreeMap<&'a str, usize> {
    let mut files = BTreeMap::new();
    let Some(part) = source.part().filter(|_| !source.is_mod_file()) else {
        return files;
    };
    for path in named_paths(&source.shipped) {
        let target =
            path.in_crate(source, tree).filter(|target| target.first().is_some_and(|first| first == part));
        let file = target.and_then(|target| file_behind(&target, tree, MAX_RE_EXPORTS));
        if let Some(file) = file.filter(|file| file.path != source.path) {
            files.entry(file.path.as_str()).or_insert(path.line);
        }
    }
    files
}

/// The file that `target` comes from, through the re-exports of a `mod.rs` if need be.
fn file_behind<'a>(target: &[String], tree: &'a Tree, depth_left: usize) -> Option<&'a Source> {
    let (file, rest) =
        (1..=target.len()).rev().find_map(|len| Some((tree.file_of(&target[..len])?, &target[len..])))?;
    if !file.is_mod_file() {
        return Some(file);
    }
    let name = rest.first()?;
    let re_export =
        named_paths(&file.shipped).into_iter().find(|path| path.bound_as.as_ref() == Some(name))?;
    file_behind(&re_export.in_crate(file, tree)?, tree, depth_left.checked_sub(1)?)
}

const MAX_RE_EXPORTS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::findings;

    fn judge(files: &[(&str, &str)]) -> Vec<String> {
        findings(no_cycle_inside_a_part, files)
    }

    #[test]
    fn refuses_two_files_that_import_each_other() {
        let master = ("src/keys/master.rs", "\nuse super::wrap::wrap;");
        for back in [
            "use super::master::MasterKey;",
            "use crate::keys::master;",
            "fn f() { super::master::new() }",
            "fn f() { m!(crate::keys::master::NEW) }",
        ] {
            let found = judge(&[master, ("src/keys/wrap.rs", back)]);
            assert_eq!(found.len(), 1, "{back}");
            assert_eq!(
                found[0],
                "src/keys/master.rs:2: a cycle of modules: src/keys/master.rs -> src/keys/wrap.rs -> src/keys/master.rs"
            );
        }
    }

    #[test]
    fn refuses_a_cycle_through_folders_and_re_exports() {
        let found = judge(&[
            (
                "src/presign/mod.rs",
                "mod cache; mod signed_url; mod sigv4; pub use cache::PresignCache; pub use sigv4::Request;",
            ),
            ("src/presign/sigv4/mod.rs", "mod request; pub(super) use self::request::{Inner as Request};"),
            ("src/presign/sigv4/request.rs", "use crate::presign::PresignCache;"),
            ("src/presign/cache.rs", "use super::signed_url::SignedUrl;"),
            ("src/presign/signed_url.rs", "use super::Request;"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn passes_one_way_imports_and_tests_that_look_back() {
        let found = judge(&[
            (
                "src/keys/mod.rs",
                "mod master; mod wrap; mod source; #[cfg(test)] mod vectors; pub use {master::MasterKey, wrap::wrap};",
            ),
            (
                "src/keys/master.rs",
                "use super::wrap; #[cfg(test)] mod tests { use super::*; use super::super::source; }",
            ),
            ("src/keys/wrap.rs", "use crate::base; #[cfg(test)] use super::MasterKey;"),
            ("src/keys/source.rs", "use super::{MasterKey, wrap}; pub(in crate::keys) struct Source;"),
            ("src/keys/vectors.rs", "use super::source; fn f() { super::vectors::g() }"),
            ("src/model/keys.rs", "use super::plan; use crate::keys::source;"),
            ("src/model/plan.rs", "use crate::keys::master;"),
        ]);
        assert_eq!(found, Vec::<String>::new());
    }
}
