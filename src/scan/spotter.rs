//! From a passage to what is told of it: found, allowed, masked, fingerprinted.

use std::ops::Range;

use super::allow::Allowed;
use super::finding::Within;
use super::fingerprint::{Fingerprint, Stamp};
use super::passage::Passage;
use super::preview;
use crate::mask::{Confidence, Finder, Rule, Severity};

/// Looks through the passages of one file.
pub(super) struct Spotter<'s> {
    pub(super) finder: &'s Finder,
    pub(super) min_severity: Severity,
    pub(super) stamp: Option<Stamp>,
}

/// A finding before it has a position.
pub(super) struct Spotted {
    pub(super) rule: &'static Rule,
    pub(super) confidence: Confidence,
    /// In the passage.
    pub(super) span: Range<usize>,
    /// In the bytes that the passage comes from.
    pub(super) file_span: Option<Range<usize>>,
    pub(super) within: Option<Within>,
    pub(super) preview: String,
    pub(super) fingerprint: Option<Fingerprint>,
    pub(super) is_allowed: bool,
}

impl Spotter<'_> {
    /// What is to be reported of `passage`, in its order.
    pub(super) fn spot(&self, passage: &Passage<'_>) -> Vec<Spotted> {
        let text = &*passage.text;
        let all = self.finder.find(text, passage.syntax);
        let is_reported = |&index: &usize| {
            all[index].confidence >= Confidence::Medium && all[index].rule.severity >= self.min_severity
        };
        let reported: Vec<usize> = (0..all.len()).filter(is_reported).collect();
        if reported.is_empty() {
            return Vec::new();
        }
        let allowed = Allowed::of(text);
        let spotted = |index: usize| {
            let found = &all[index];
            let rule = found.rule;
            Spotted {
                rule,
                confidence: found.confidence,
                span: found.span.clone(),
                file_span: passage.file_span(&found.span),
                within: passage.within.clone(),
                preview: preview::of(text, &all, index),
                fingerprint: self
                    .stamp
                    .as_ref()
                    .map(|stamp| stamp.fingerprint(&rule.id, &text[found.span.clone()])),
                is_allowed: allowed.contains(&found.span, &rule.id),
            }
        };
        reported.into_iter().map(spotted).collect()
    }
}
