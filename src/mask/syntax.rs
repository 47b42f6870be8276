//! What kind of text it is: it decides what a value without quotes can be.

use std::path::Path;

/// What kind of text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// Log lines, terminal output: anything may stand anywhere, and nothing may be missed.
    Log,
    /// A programming language: a value without quotes is an expression, not a secret.
    Code,
    /// Configuration (YAML, `.env`, INI, properties, TOML): a value needs no quotes.
    Config,
    /// Structured data (JSON, XML, CSV): values are quoted or stand between tags.
    Data,
    /// Documentation and other prose.
    Prose,
}

impl Syntax {
    /// The syntax of a file of this name; prose where the name does not tell.
    #[must_use]
    pub fn of_path(path: &Path) -> Self {
        let name =
            path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let is_among = |names: &[&str]| {
            names.iter().any(|known| {
                name == *known || name.strip_suffix(known).is_some_and(|stem| stem.ends_with('.'))
            })
        };
        match () {
            () if is_among(CODE) => Self::Code,
            () if is_among(DATA) => Self::Data,
            () if is_among(CONFIG) || name.starts_with(".env") || name.starts_with("dockerfile") => {
                Self::Config
            }
            () if is_among(LOG) => Self::Log,
            () => Self::Prose,
        }
    }
}

/// Endings, and whole names of files.
const CODE: &[&str] = &[
    "asm",
    "bas",
    "c",
    "cc",
    "cjs",
    "clj",
    "cljc",
    "cljs",
    "cls",
    "coffee",
    "cpp",
    "cr",
    "cs",
    "css",
    "cshtml",
    "cts",
    "cxx",
    "d",
    "dart",
    "ejs",
    "erb",
    "erl",
    "ex",
    "exs",
    "f90",
    "fs",
    "fsx",
    "go",
    "gradle",
    "groovy",
    "gsp",
    "h",
    "haml",
    "hh",
    "hpp",
    "hs",
    "hxx",
    "inc",
    "java",
    "jenkinsfile",
    "jl",
    "js",
    "jsp",
    "jsx",
    "kt",
    "kts",
    "less",
    "lisp",
    "lua",
    "m",
    "mjs",
    "ml",
    "mm",
    "mts",
    "nim",
    "pas",
    "php",
    "pl",
    "pm",
    "proto",
    "ps1",
    "psm1",
    "purs",
    "py",
    "pyi",
    "pyx",
    "r",
    "rake",
    "rb",
    "re",
    "rs",
    "sbt",
    "scala",
    "scss",
    "slim",
    "smali",
    "sol",
    "swift",
    "t",
    "thrift",
    "ts",
    "tsx",
    "vala",
    "vb",
    "vue",
    "svelte",
    "zig",
    "rakefile",
    "gemfile",
    "sql",
    "mysql",
];
const DATA: &[&str] = &[
    "admx",
    "axaml",
    "csproj",
    "csv",
    "geojson",
    "har",
    "htm",
    "html",
    "ipynb",
    "jinja2",
    "json",
    "json5",
    "jsonl",
    "ndjson",
    "map",
    "plist",
    "resx",
    "storyboard",
    "svg",
    "tfstate",
    "tsv",
    "xaml",
    "xhtml",
    "xib",
    "xml",
    "xsd",
    "xsl",
    "config",
    "webmanifest",
];
const CONFIG: &[&str] = &[
    "bash",
    "bashrc",
    "bat",
    "cfg",
    "cmd",
    "cnf",
    "conf",
    "creds",
    "credentials",
    "dist",
    "dockerfile",
    "env",
    "example",
    "fish",
    "hcl",
    "ini",
    "j2",
    "ldif",
    "netrc",
    "npmrc",
    "pgpass",
    "properties",
    "pypirc",
    "sample",
    "secrets",
    "sh",
    "template",
    "tf",
    "tfvars",
    "toml",
    "yaml",
    "yml",
    "zsh",
    "makefile",
    "service",
    "desktop",
    "tmpl",
    "tpl",
    "bats",
];
const LOG: &[&str] = &["log", "out", "err", "stderr", "stdout"];
