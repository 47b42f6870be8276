//! What became of each file: as lines and a summary for people, as one object for programs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::context::Context;
use super::exit_code::Exit;
use super::failure::{Failure, FailureKind};
use super::human;
use super::json::{self, JsonError, JsonPath};
use super::terminal::Terminal;
use crate::model::{self, Outcome, Report};

/// What a verb has done.
pub(super) struct Results {
    pub(super) report: Report,
    /// The outcome that the verb is for.
    pub(super) done: Outcome,
    pub(super) elapsed: Duration,
    /// Notices that have been shown while it ran.
    pub(super) shown: Vec<String>,
}

/// Tells it, and how the program ends by it.
pub(super) fn tell(context: &Context, results: Results) -> Result<Exit, Failure> {
    let Results { report, done, elapsed, shown } = results;
    let files: Vec<File> = report.files.into_iter().map(File::from).collect();
    let exit = Exit::gravest(files.iter().map(File::exit));
    let summary = Summary::new(&files, done, elapsed, exit);

    let terminal = &context.terminal;
    for notice in report.notices.iter().filter(|notice| !shown.contains(notice)) {
        terminal.note(notice);
    }
    for file in &files {
        for notice in &file.notices {
            terminal.note(&format!("{}: {notice}", file.path.display()));
        }
    }
    tell_failures(terminal, &files);
    terminal.say(&summary.sentence(done));
    if context.json {
        context.terminal.print(&json::line(&Document {
            verb: context.verb,
            files: files.iter().map(JsonFile::from).collect(),
            notices: &report.notices,
            summary,
        }))?;
    }
    Ok(exit)
}

/// One file of the report, its error told and judged.
struct File {
    path: PathBuf,
    outcome: Result<Outcome, Failure>,
    /// Left as it was because of another: told once for all of them.
    is_consequence: bool,
    plaintext_len: u64,
    notices: Vec<String>,
}

impl From<model::FileReport> for File {
    fn from(file: model::FileReport) -> Self {
        let is_consequence = matches!(file.outcome, Err(model::Error::StageStopped));
        Self {
            path: file.path,
            outcome: file.outcome.map_err(Failure::from),
            is_consequence,
            plaintext_len: file.plaintext_len,
            notices: file.notices,
        }
    }
}

impl File {
    fn exit(&self) -> Exit {
        self.outcome.as_ref().map_or_else(|failure| Exit::of(failure.kind), |_| Exit::Done)
    }

    fn is_interrupted(&self) -> bool {
        matches!(&self.outcome, Err(Failure { kind: FailureKind::Interrupted(_), .. }))
    }
}

fn tell_failures(terminal: &Terminal, files: &[File]) {
    let mut hint: Option<&str> = None;
    let told = |file: &&File| !file.is_consequence && !file.is_interrupted();
    for file in files.iter().filter(told) {
        let Err(failure) = &file.outcome else { continue };
        // Several files in a row with one hint: it comes once, behind the last of them.
        if hint != failure.hint.as_deref() {
            if let Some(hint) = hint {
                terminal.hint(hint);
            }
            hint = failure.hint.as_deref();
        }
        terminal.error(&failure.of_file(&file.path));
    }
    if let Some(hint) = hint {
        terminal.hint(hint);
    }
    let stopped = files.iter().filter(|file| file.is_consequence).count();
    if stopped > 0 {
        terminal.note(&format!("because of that, {} left as before", human::count(stopped, "file")));
    }
    let interrupted = files.iter().filter(|file| file.is_interrupted()).count();
    if interrupted > 0 {
        let text = format!("interrupted: {} not finished", human::count(interrupted, "file"));
        terminal.error(&Failure::new(crate::ErrorKind::Io, text));
        terminal.hint("run it again to finish");
    }
}

#[derive(Debug, Serialize)]
struct Summary {
    files: usize,
    done: usize,
    skipped: usize,
    failed: usize,
    /// Of those, the ones that were to be done when a signal came.
    #[serde(skip)]
    interrupted: usize,
    /// How many files have each outcome.
    outcomes: BTreeMap<String, usize>,
    /// Plaintext bytes of the files that are done.
    bytes: u64,
    seconds: f64,
    exit_code: u8,
    #[serde(skip)]
    elapsed: Duration,
}

impl Summary {
    fn new(files: &[File], done: Outcome, elapsed: Duration, exit: Exit) -> Self {
        let mut outcomes = BTreeMap::new();
        for outcome in files.iter().filter_map(|file| file.outcome.as_ref().ok()) {
            *outcomes.entry(snake(outcome.word())).or_insert(0) += 1;
        }
        let are_done = || files.iter().filter(|file| file.outcome.as_ref().is_ok_and(|&o| o == done));
        let failed = files.iter().filter(|file| file.outcome.is_err()).count();
        Self {
            files: files.len(),
            done: are_done().count(),
            skipped: files.len() - are_done().count() - failed,
            failed,
            interrupted: files.iter().filter(|file| file.is_interrupted()).count(),
            outcomes,
            bytes: are_done().map(|file| file.plaintext_len).sum(),
            seconds: elapsed.as_secs_f64(),
            exit_code: exit.number(),
            elapsed,
        }
    }

    /// `encrypted 3 files, 1.2 GB in 0.8 s (1.5 GB/s), 2 already done, 1 failed`.
    fn sentence(&self, done: Outcome) -> String {
        let others = self.others(done);
        if self.is_idle() {
            let found = if others.is_empty() { nothing(done).into() } else { others.join(", ") };
            return format!("nothing to do: {found}");
        }
        let speed = if self.done > 0 { self.speed(done) } else { String::new() };
        let failed = self.failed - self.interrupted;
        let failed = (failed > 0).then(|| format!("{failed} failed"));
        let first = format!("{} {}{speed}", done.word(), human::count(self.done, "file"));
        std::iter::once(first).chain(others).chain(failed).collect::<Vec<_>>().join(", ")
    }

    fn is_idle(&self) -> bool {
        let idle = [Outcome::AlreadyDone, Outcome::Foreign].map(|outcome| snake(outcome.word()));
        self.failed == 0 && self.outcomes.keys().all(|outcome| idle.contains(outcome))
    }

    fn speed(&self, done: Outcome) -> String {
        let time = human::duration(self.elapsed);
        if matches!(done, Outcome::Rewrapped | Outcome::Swept) {
            return format!(" in {time}");
        }
        format!(", {} in {time} ({})", human::bytes(self.bytes), human::rate(self.bytes, self.elapsed))
    }

    fn others(&self, done: Outcome) -> Vec<String> {
        let done = snake(done.word());
        let others = self.outcomes.iter().filter(|(outcome, _)| **outcome != done);
        others.map(|(outcome, count)| format!("{count} {}", outcome.replace('_', " "))).collect()
    }
}

#[derive(Serialize)]
struct Document<'r> {
    verb: &'static str,
    files: Vec<JsonFile<'r>>,
    notices: &'r [String],
    summary: Summary,
}

#[derive(Serialize)]
struct JsonFile<'r> {
    #[serde(flatten)]
    path: JsonPath,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<JsonError>,
    plaintext_len: u64,
    notices: &'r [String],
}

impl<'r> From<&'r File> for JsonFile<'r> {
    fn from(file: &'r File) -> Self {
        Self {
            path: file.path.as_path().into(),
            outcome: file.outcome.as_ref().ok().map(|outcome| snake(outcome.word())),
            error: file.outcome.as_ref().err().map(JsonError::from),
            plaintext_len: file.plaintext_len,
            notices: &file.notices,
        }
    }
}

/// What a verb looked for and did not find.
fn nothing(done: Outcome) -> &'static str {
    match done {
        Outcome::Encrypted => "no model file found (--all takes every file)",
        Outcome::Swept => "no run has left anything behind",
        _ => "no sealed file found",
    }
}

/// `already done` as programs read it: `already_done`.
pub(super) fn snake(word: &str) -> String {
    word.replace(' ', "_")
}
