//! Which files of a tree are meant.

use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::Error;

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
