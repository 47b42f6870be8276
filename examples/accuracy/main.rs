//! Measures masking and scanning on a labelled corpus in the layout of Samsung `CredData`.
//!
//! `cargo run --release --example accuracy -- CORPUS_FOLDER [--misses] [--false] [--unlabelled]`
//!
//! Precision, recall and F1 are printed twice: for scanning (medium and high confidence, the syntax of each file's name) and for masking (all
//! confidences, each file read as a log). Templates count as no secret. A find on a line that no row speaks of is neither right nor wrong, as in
//! the benchmark of that data set; `strict` is the precision if each were wrong. With `--misses`, `--false` and `--unlabelled` the places are
//! listed, never the text.
#![allow(clippy::print_stdout, reason = "a program")]

mod corpus;
mod measure;

use std::error::Error;
use std::path::Path;

use corpus::Corpus;
use measure::{Counts, Tally, Use};
use modelcrypt::mask::Finder;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder =
        arguments.iter().find(|argument| !argument.starts_with("--")).ok_or("no corpus folder given")?;
    let lists = |name: &str| arguments.iter().any(|argument| argument == name);
    let corpus = Corpus::read(Path::new(folder))?;
    let rows: usize = corpus.files.iter().map(|file| file.rows.len()).sum();
    println!("{} files, {rows} rows", corpus.files.len());
    let finder = Finder::default();
    for purpose in [Use::Scan, Use::Mask] {
        let tally = measure::tally(&corpus, &finder, purpose);
        print(&tally, purpose);
        let lists = [
            ("--misses", &tally.missed),
            ("--false", &tally.falsely_found),
            ("--unlabelled", &tally.unlabelled),
        ]
        .map(|(name, places)| (name, places, lists(name)));
        for (name, places, _) in lists.iter().filter(|(.., wanted)| *wanted) {
            for place in *places {
                println!("{purpose:?} {name} {place}");
            }
        }
    }
    Ok(())
}

fn print(tally: &Tally, purpose: Use) {
    println!(
        "\n{purpose:?}\n{:32} {:>6} {:>6} {:>6} {:>6} {:>6}  precision strict recall F1",
        "", "rows", "found", "right", "wrong", "other"
    );
    for (name, counts) in &tally.categories {
        line(name, counts);
    }
    println!();
    for (name, counts) in &tally.rules {
        line(name, counts);
    }
    println!();
    line("all", &tally.total);
}

fn line(name: &str, counts: &Counts) {
    println!(
        "{name:32} {:6} {:6} {:6} {:6} {:6}  {:9.3} {:6.3} {:6.3} {:.3}",
        counts.secrets,
        counts.found,
        counts.right,
        counts.wrong,
        counts.unlabelled,
        counts.precision(),
        counts.strict_precision(),
        counts.recall(),
        counts.f1()
    );
}
