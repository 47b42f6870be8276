//! Which files of a tree are meant.

use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::{Error, Policy};

/// What counts as a model file unless told otherwise.
pub const DEFAULT_PATTERNS: &[&str] = &[
    "*.safetensors",
    "*.bin",
    "*.pt",
    "*.pth",
    "*.ckpt",
    "*.gguf",
    "*.ggml",
    "*.onnx",
    "*.h5",
    "*.npz",
    "*.msgpack",
    "*.tflite",
    "*.engine",
    "*.plan",
];

/// Glob patterns. One without a slash is matched against a file's name, one with a slash against its path
/// below the root. `*` does not cross a slash, `**` does.
///
/// ```
/// use modelcrypt::model::Patterns;
/// let patterns = Patterns::new(["*.bin", "parts/**/*.pt"])?;
/// assert!(patterns.matches("deep/down/model.bin".as_ref()));
/// assert!(patterns.matches("parts/1/a.pt".as_ref()));
/// assert!(!patterns.matches("other/a.pt".as_ref()));
/// # Ok::<(), modelcrypt::model::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Patterns {
    names: GlobSet,
    paths: GlobSet,
}

impl Patterns {
    /// Compiles them. None at all match nothing.
    pub fn new<S: AsRef<str>>(patterns: impl IntoIterator<Item = S>) -> Result<Self, Error> {
        let (mut names, mut paths) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for pattern in patterns {
            let pattern = pattern.as_ref();
            let failed = |error: globset::Error| Error::Pattern {
                pattern: pattern.to_owned(),
                reason: error.kind().to_string(),
            };
            let set = if pattern.contains('/') { &mut paths } else { &mut names };
            let glob = pattern.strip_prefix('/').unwrap_or(pattern);
            set.add(GlobBuilder::new(glob).literal_separator(true).build().map_err(failed)?);
        }
        let built = |set: &GlobSetBuilder| {
            set.build().map_err(|error| Error::Pattern { pattern: String::new(), reason: error.to_string() })
        };
        Ok(Self { names: built(&names)?, paths: built(&paths)? })
    }

    /// Whether the file at `relative`, a path below the root, is meant.
    #[must_use]
    pub fn matches(&self, relative: &Path) -> bool {
        relative.file_name().is_some_and(|name| self.names.is_match(name)) || self.paths.is_match(relative)
    }
}

/// Which files of a tree a verb takes: what the command line says, over what the configuration says.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Patterns to take instead of the configured or default ones.
    pub include: Vec<String>,
    /// Patterns to leave out besides the configured ones.
    pub exclude: Vec<String>,
    /// Take every file that can be taken.
    pub all: bool,
}

/// Who has written a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The user, who vouches for it.
    User,
    /// It lay in the model directory and may have come with a download: it hides no sealed file.
    Directory,
}

/// The files of one root that a verb takes.
#[derive(Debug)]
pub(super) struct Matcher {
    /// `None`: every file.
    include: Option<Patterns>,
    exclude: Patterns,
    /// What the directory's own configuration excludes: plaintexts only, and the user should hear of it.
    excluded_by_policy: Patterns,
    /// What the default patterns take, where the directory's own ones stand in their place.
    defaults: Option<Patterns>,
    /// What must never be plaintext, by the configuration.
    required: Patterns,
    /// Whether sealed files are taken by `include` too: only if the user has named patterns.
    narrow: bool,
}

impl Matcher {
    /// Joins what the command line says with what the configuration says.
    pub(super) fn new(selection: &Selection, policy: &Policy, origin: Origin) -> Result<Self, Error> {
        let narrow = !selection.include.is_empty();
        let include = if selection.all {
            None
        } else if narrow {
            Some(Patterns::new(&selection.include)?)
        } else if let Some(configured) = &policy.patterns {
            Some(Patterns::new(configured)?)
        } else {
            Some(Patterns::new(DEFAULT_PATTERNS)?)
        };
        let (vouched, unvouched) = match origin {
            Origin::User => (&policy.exclude[..], &[][..]),
            Origin::Directory => (&[][..], &policy.exclude[..]),
        };
        let exclude = Patterns::new(selection.exclude.iter().chain(vouched))?;
        let excluded_by_policy = Patterns::new(unvouched)?;
        let replaced = origin == Origin::Directory && policy.patterns.is_some() && !narrow && !selection.all;
        let defaults = if replaced { Some(Patterns::new(DEFAULT_PATTERNS)?) } else { None };
        let required = Patterns::new(policy.require.iter().flatten())?;
        let narrow = narrow && !selection.all;
        Ok(Self { include, exclude, excluded_by_policy, defaults, required, narrow })
    }

    /// Whether the plaintext at `relative` is meant.
    pub(super) fn takes(&self, relative: &Path) -> bool {
        self.includes(relative) && !self.excludes(relative)
    }

    /// Whether a sealed file is meant, whose plaintext would be at `relative`: whatever was sealed once is,
    /// unless the command line's patterns leave it out. The name with `.enc` may be excluded too.
    pub(super) fn takes_sealed(&self, relative: &Path) -> bool {
        let excluded =
            self.exclude.matches(relative) || self.exclude.matches(&super::names::sealed_path(relative));
        !excluded && (!self.narrow || self.includes(relative))
    }

    /// Whether the directory's own configuration alone keeps the plaintext at `relative` from being taken.
    pub(super) fn is_left_out_by_policy(&self, relative: &Path) -> bool {
        let replaced = self.defaults.as_ref().is_some_and(|defaults| defaults.matches(relative));
        let left_out =
            if self.includes(relative) { self.excluded_by_policy.matches(relative) } else { replaced };
        left_out && !self.exclude.matches(relative)
    }

    /// Whether a loader must not be handed the plaintext at `relative`. The directory's own configuration can
    /// make it so, never otherwise.
    pub(super) fn must_be_sealed(&self, relative: &Path) -> bool {
        let meant = self.includes(relative)
            || self.defaults.as_ref().is_some_and(|defaults| defaults.matches(relative));
        (meant || self.required.matches(relative)) && !self.exclude.matches(relative)
    }

    fn includes(&self, relative: &Path) -> bool {
        self.include.as_ref().is_none_or(|include| include.matches(relative))
    }

    fn excludes(&self, relative: &Path) -> bool {
        self.exclude.matches(relative) || self.excluded_by_policy.matches(relative)
    }
}
