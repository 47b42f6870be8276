//! What a scan finds: model files in the forms they stand in, leftovers, links.

use std::path::{Path, PathBuf};

use super::names;
use super::sealed::Naming;
use crate::base::Identity;

/// One model file, in the forms that it stands in.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "four independent answers about one file")]
pub(super) struct Item {
    /// Which root it was found under.
    pub(super) root: usize,
    /// The plaintext's path below the root.
    pub(super) relative: PathBuf,
    /// The plaintext's path, whether it exists or not.
    pub(super) plain: PathBuf,
    /// The sealed file's path, whether it exists or not.
    pub(super) sealed: PathBuf,
    /// The plaintext as it was found.
    pub(super) plain_form: Option<PlainForm>,
    /// The sealed file as it was found.
    pub(super) sealed_form: Option<SealedForm>,
    /// Whether the patterns mean the plaintext, or it was named itself.
    pub(super) plain_wanted: bool,
    /// Whether the patterns do not leave the sealed file out, or it was named itself.
    pub(super) sealed_wanted: bool,
    /// Whether a loader must not be handed its plaintext.
    pub(super) must_be_sealed: bool,
    /// Whether it was named itself: such a file may bear any name.
    pub(super) named: bool,
}

impl Item {
    /// The path that a report names.
    pub(super) fn shown(&self) -> &Path {
        if self.plain_form.is_some() { &self.plain } else { &self.sealed }
    }

    /// Bytes of plaintext, as far as lengths tell.
    pub(super) fn plaintext_len(&self) -> u64 {
        match (&self.plain_form, &self.sealed_form) {
            (Some(plain), _) => plain.identity.len(),
            (None, Some(sealed)) => sealed.plaintext_len.unwrap_or(0),
            (None, None) => 0,
        }
    }

    pub(super) fn sidecar(&self) -> PathBuf {
        names::sidecar_path(&self.sealed)
    }

    /// Which names it may bear: a file that the user named may bear any.
    pub(super) fn naming(&self, allow_renamed: bool) -> Naming {
        if allow_renamed || self.named { Naming::Free } else { Naming::Strict }
    }

    /// Whether the sealed file, if there is one, was made by us.
    pub(super) fn is_ours(&self) -> bool {
        self.sealed_form.is_some_and(|sealed| sealed.ours)
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct PlainForm {
    pub(super) identity: Identity,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct SealedForm {
    pub(super) identity: Identity,
    /// Made by us: our magic in a copy, or our sidecar beside it.
    pub(super) ours: bool,
    /// As the file's length tells.
    pub(super) plaintext_len: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Link {
    pub(super) root: usize,
    pub(super) path: PathBuf,
    /// As it is written in the link.
    pub(super) target: PathBuf,
    /// Whether the patterns mean its name.
    pub(super) wanted: bool,
    /// Whether a loader must not be handed it as a plaintext.
    pub(super) must_be_sealed: bool,
}

/// A file of ours that goes with the others.
#[derive(Debug)]
pub(super) struct Extra {
    pub(super) path: PathBuf,
    pub(super) relative: PathBuf,
    pub(super) kind: ExtraKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExtraKind {
    Sidecar,
    Configuration,
}
