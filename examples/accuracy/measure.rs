//! Compares what is found with what is known.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use modelcrypt::mask::{Confidence, Finder, Found, Syntax};

use crate::corpus::{Corpus, Labelled, Truth};

/// Counts over a corpus, for one use of the finder.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) total: Counts,
    /// By the category of the table.
    pub(crate) categories: BTreeMap<String, Counts>,
    /// By the rule that found it; recall has no meaning here.
    pub(crate) rules: BTreeMap<String, Counts>,
    /// `file:line:category` of what is missed, `file:line:rule` of what is falsely found.
    pub(crate) missed: Vec<String>,
    pub(crate) falsely_found: Vec<String>,
    pub(crate) unlabelled: Vec<String>,
}

/// What came out.
#[derive(Default, Clone, Copy)]
pub(crate) struct Counts {
    /// Rows that are secrets.
    pub(crate) secrets: usize,
    /// Of them, those that are found.
    pub(crate) found: usize,
    /// Finds that touch such a row.
    pub(crate) right: usize,
    /// Finds on lines of which a row says that there is none.
    pub(crate) wrong: usize,
    /// Finds on lines without a row.
    pub(crate) unlabelled: usize,
}

impl Counts {
    pub(crate) fn recall(&self) -> f64 {
        ratio(self.found, self.secrets)
    }

    /// Precision over the lines that somebody has looked at, as the benchmark of the data set counts.
    pub(crate) fn precision(&self) -> f64 {
        ratio(self.right, self.right + self.wrong)
    }

    /// Precision if every find on a line without a row were false.
    pub(crate) fn strict_precision(&self) -> f64 {
        ratio(self.right, self.right + self.wrong + self.unlabelled)
    }

    pub(crate) fn f1(&self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if precision + recall == 0.0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) }
    }
}

/// What a find is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Medium and high confidence, in the syntax of the file's name. A secret is found if a find touches its value.
    Scan,
    /// All confidences, as if each file were a log. A secret is found if four fifths of its bytes are covered.
    Mask,
}

/// Runs the finder over all files.
pub(crate) fn tally(corpus: &Corpus, finder: &Finder, purpose: Use) -> Tally {
    let mut tally = Tally::default();
    for file in &corpus.files {
        let finds = finds(file, finder, purpose);
        tally.add_rows(file, &finds, purpose);
        tally.add_finds(file, &finds);
    }
    tally
}

fn finds(file: &Labelled, finder: &Finder, purpose: Use) -> Vec<Found> {
    match purpose {
        Use::Mask => finder.find(&file.text, Syntax::Log),
        Use::Scan => {
            let mut finds = finder.find(&file.text, Syntax::of_path(Path::new(&file.path)));
            finds.retain(|found| found.confidence >= Confidence::Medium);
            finds
        }
    }
}

impl Tally {
    fn add_rows(&mut self, file: &Labelled, finds: &[Found], purpose: Use) {
        for row in file.rows.iter().filter(|row| row.truth == Truth::Secret) {
            let value = row.value.clone().unwrap_or(row.lines.clone());
            let covered: usize = finds.iter().map(|found| overlap(&found.span, &value)).sum();
            let is_found = match purpose {
                Use::Scan => covered > 0,
                Use::Mask => covered * 5 >= value.len() * 4 || (row.value.is_none() && covered > 0),
            };
            for counts in [&mut self.total, self.categories.entry(row.category.clone()).or_default()] {
                counts.secrets += 1;
                counts.found += usize::from(is_found);
            }
            if !is_found {
                self.missed.push(file.place(value.start, &row.category));
            }
        }
    }

    fn add_finds(&mut self, file: &Labelled, finds: &[Found]) {
        for found in finds {
            let touches = |range: &Range<usize>| overlap(&found.span, range) > 0;
            let here: Vec<_> =
                file.rows.iter().filter(|row| touches(row.value.as_ref().unwrap_or(&row.lines))).collect();
            let verdict = if here.iter().any(|row| row.truth == Truth::Secret) {
                Some(true)
            } else {
                (!here.is_empty()).then_some(false)
            };
            let category = here.first().map(|row| row.category.clone());
            let by_category = category.map(|category| self.categories.entry(category).or_default());
            let by_rule = self.rules.entry(found.rule.id.clone()).or_default();
            for counts in [Some(&mut self.total), by_category, Some(by_rule)].into_iter().flatten() {
                counts.right += usize::from(verdict == Some(true));
                counts.wrong += usize::from(verdict == Some(false));
                counts.unlabelled += usize::from(verdict.is_none());
            }
            let place = || file.place(found.span.start, &found.rule.id);
            match verdict {
                Some(true) => {}
                Some(false) => self.falsely_found.push(place()),
                None => self.unlabelled.push(place()),
            }
        }
    }
}

impl Labelled {
    fn place(&self, at: usize, what: &str) -> String {
        let line = self.text[..at].split(|byte| *byte == b'\n').count();
        format!("{}:{line}:{what}", self.path.display())
    }
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> usize {
    one.end.min(other.end).saturating_sub(one.start.max(other.start))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
