//! Holds the accuracy of masking and scanning on a small corpus of our own, in the layout of Samsung `CredData`, and on clean logs.
//!
//! The real measure is `cargo run --release --example accuracy -- CORPUS_FOLDER` on files that none of us wrote.

#[path = "../examples/accuracy/corpus.rs"]
mod corpus;
#[allow(dead_code, reason = "the example prints more")]
#[path = "../examples/accuracy/measure.rs"]
mod measure;

use std::path::{Path, PathBuf};

use corpus::Corpus;
use measure::Use;
use modelcrypt::mask::{Finder, Syntax};

#[test]
fn a_scan_finds_what_the_corpus_holds_and_little_else() {
    let tally = measure::tally(&Corpus::read(&folder()).unwrap(), &Finder::default(), Use::Scan);
    assert!(tally.total.secrets > 80, "the corpus was read: {} secrets", tally.total.secrets);
    assert!(tally.total.recall() >= 0.95, "missed: {:#?}", tally.missed);
    assert!(tally.total.precision() >= 0.95, "false: {:#?}", tally.falsely_found);
    assert!(tally.total.strict_precision() >= 0.95, "unlabelled: {:#?}", tally.unlabelled);
}

#[test]
fn masking_covers_what_the_corpus_holds() {
    let tally = measure::tally(&Corpus::read(&folder()).unwrap(), &Finder::default(), Use::Mask);
    assert!(tally.total.recall() >= 0.95, "missed: {:#?}", tally.missed);
    assert!(tally.total.precision() >= 0.90, "false: {:#?}", tally.falsely_found);
}

#[test]
fn clean_logs_stay_as_they_are() {
    for entry in std::fs::read_dir(folder().join("logs")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read(&path).unwrap();
        let finds = Finder::default().find(&text, Syntax::Log);
        let masked_len: usize = finds.iter().map(|found| found.span.len()).sum();
        assert!(masked_len * 100 <= text.len(), "{}: {masked_len} of {} bytes", path.display(), text.len());
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus")
}
