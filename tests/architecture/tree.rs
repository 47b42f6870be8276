//! The source files of the repository, and where each stands in the tree of modules.

use std::fs;
use std::path::Path;

use crate::tokens::{Token, tokens, without_tests};

/// Finds everything in a tree that breaks one rule; each finding reads `path:line: what is wrong`.
pub(crate) type Rule = fn(&Tree) -> Vec<String>;

/// The sources of the package and of its Python binding.
pub(crate) struct Tree {
    pub(crate) sources: Vec<Source>,
}

impl Tree {
    /// Reads `src/` and, where it exists, `python/src/` under `root`.
    pub(crate) fn read(root: &Path) -> Self {
        let mut files = Vec::new();
        for folder in ["src", "python/src"] {
            collect(root, folder, &mut files);
        }
        assert!(files.iter().any(|(path, _)| path == "src/lib.rs"), "no src/lib.rs under {}", root.display());
        Self::of(files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
    }

    /// Makes a tree of `(path, text)`.
    pub(crate) fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut test_modules = Vec::new();
        let mut sources = Vec::new();
        for (path, text) in files {
            let tokens = tokens(text).unwrap_or_else(|error| panic!("{path}: {error}"));
            let shipped = without_tests(&tokens);
            let module = module_of(path);
            for name in shipped.test_modules {
                test_modules.push([module.as_slice(), &[name]].concat());
            }
            sources.push(Source {
                path: path.to_owned(),
                text: text.to_owned(),
                module,
                tokens,
                shipped: shipped.tokens,
            });
        }
        for source in &mut sources {
            if test_modules.iter().any(|module| source.module.starts_with(module)) {
                source.shipped.clear();
            }
        }
        Self { sources }
    }

    /// The sources of the library and the command line, without those of the Python binding.
    pub(crate) fn package(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| source.path.starts_with("src/"))
    }

    /// The file of the package that holds `module`.
    pub(crate) fn file_of(&self, module: &[String]) -> Option<&Source> {
        self.package().find(|source| source.module == module && source.path != "src/main.rs")
    }
}

/// One file.
pub(crate) struct Source {
    /// Relative to the root of the repository, with `/` on every platform.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The path of its module: empty for `lib.rs` and `main.rs`.
    pub(crate) module: Vec<String>,
    pub(crate) tokens: Vec<Token>,
    /// The tokens without the tests.
    pub(crate) shipped: Vec<Token>,
}

impl Source {
    /// The part that the file belongs to: `None` for the files directly in `src/` that are the root itself.
    pub(crate) fn part(&self) -> Option<&str> {
        self.module.first().map(String::as_str).filter(|_| !ROOT_FILES.contains(&self.path.as_str()))
    }

    /// Whether the file is the `mod.rs` of its folder.
    pub(crate) fn is_mod_file(&self) -> bool {
        self.path.ends_with("/mod.rs")
    }

    /// A finding in this file.
    pub(crate) fn finding(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

/// The findings of `rule` in a tree of the given files.
#[cfg(test)]
pub(crate) fn findings(rule: Rule, files: &[(&str, &str)]) -> Vec<String> {
    rule(&Tree::of(files.iter().copied()))
}

/// Fails unless `rule` finds something in each of `snippets`, taken as the file at `path`.
#[cfg(test)]
pub(crate) fn refuses(rule: Rule, path: &str, snippets: &[&str]) {
    for snippet in snippets {
        assert!(!findings(rule, &[(path, snippet)]).is_empty(), "passed in {path}: {snippet}");
    }
}

/// Fails if `rule` finds anything in one of `snippets`, taken as the file at `path`.
#[cfg(test)]
pub(crate) fn passes(rule: Rule, path: &str, snippets: &[&str]) {
    for snippet in snippets {
        let found = findings(rule, &[(path, snippet)]);
        assert!(found.is_empty(), "refused in {path}: {snippet}\n{}", found.join("\n"));
    }
}

const ROOT_FILES: &[&str] = &["src/lib.rs", "src/main.rs", "src/error.rs"];

fn module_of(path: &str) -> Vec<String> {
    let Some(inner) = path.strip_prefix("src/").and_then(|rest| rest.strip_suffix(".rs")) else {
        return vec![path.to_owned()];
    };
    let mut module: Vec<String> = inner.split('/').map(str::to_owned).collect();
    let is_folder_itself = module.last().is_some_and(|last| last == "mod");
    if is_folder_itself || inner == "lib" || inner == "main" {
        module.pop();
    }
    module
}

fn collect(root: &Path, folder: &str, files: &mut Vec<(String, String)>) {
    let Ok(entries) = fs::read_dir(root.join(folder)) else {
        return;
    };
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("folder is readable").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    for name in names {
        let path = format!("{folder}/{name}");
        if root.join(&path).is_dir() {
            collect(root, &path, files);
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(root.join(&path)).expect("source is UTF-8");
            files.push((path, text));
        }
    }
}
