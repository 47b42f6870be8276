//! `status`: how each file stands, as a table that reads at a glance.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::Serialize;

use super::job;
use crate::ErrorKind;
use crate::base::to_rfc3339;
use crate::cli::args::StatusArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::json::{self, JsonPath};
use crate::cli::report::snake;
use crate::cli::terminal::Terminal;
use crate::cli::{human, interrupt, key, table};
use crate::model::{Due, FileStatus, State, StatusReport};

pub(in crate::cli) fn run(args: &StatusArgs, context: &Context) -> Result<Exit, Failure> {
    let dir = job::open(&args.paths, &args.select, context)?;
    let key = key::for_looking(&args.key, context)?;
    interrupt::let_signals_kill()?;
    let (key, path) = key.map(|key| (key.master, key.path)).unzip();
    let report = dir.key_file(path.flatten()).status(key.as_ref())?;
    let exit = exit(&report, args.check);
    if context.json {
        context.terminal.print(&json::line(&Document::new(context.verb, &report, exit)))?;
    } else {
        show(&report, &context.terminal)?;
    }
    let exposed = report.files.iter().filter(|file| file.due.contains(&Due::Encrypt)).count();
    if args.check && exposed > 0 {
        let text = format!(
            "the policy wants {} sealed that {} plaintext",
            human::count(exposed, "file"),
            if exposed == 1 { "is" } else { "are" }
        );
        let hint = "`modelcrypt encrypt` on the same paths seals them";
        context.terminal.fail(&Failure::new(ErrorKind::PolicyViolation, text).hint(hint));
    }
    Ok(exit)
}

fn exit(report: &StatusReport, check: bool) -> Exit {
    Exit::gravest(report.files.iter().map(|file| match &file.state {
        State::Damaged(_) => Exit::Corrupt,
        _ if check && file.due.contains(&Due::Encrypt) => Exit::Policy,
        _ => Exit::Done,
    }))
}

fn show(report: &StatusReport, terminal: &Terminal) -> Result<(), Failure> {
    let now = SystemTime::now();
    if !report.files.is_empty() {
        let rows = report.files.iter().map(|file| row(file, now));
        let header = ["file", "size", "state", "key", "age", "due"];
        terminal.print(&table::render(&header, rows, &[1, 4], Terminal::columns()))?;
    }
    for notice in &report.notices {
        terminal.note(notice);
    }
    for file in &report.files {
        if let State::Damaged(why) = &file.state {
            terminal.note(&format!("{}: {why}", file.path.display()));
        }
        for notice in &file.notices {
            terminal.note(&format!("{}: {notice}", file.path.display()));
        }
    }
    if report.files.iter().any(|file| file.since.is_some() && !file.since_is_authentic) {
        terminal.say("* as the sidecar says; with a key the file itself tells");
    }
    terminal.say(&sentence(report));
    Ok(())
}

fn row(file: &FileStatus, now: SystemTime) -> Vec<String> {
    let age = file.since.map(|since| {
        let mark = if file.since_is_authentic { "" } else { "*" };
        human::age(now.duration_since(since).unwrap_or_default()) + mark
    });
    let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    vec![
        human::path(&file.path),
        file.plaintext_len.map_or_else(|| "-".into(), human::bytes),
        file.state.word().to_owned(),
        or_dash(human::printable(&file.keys.join(", "))),
        or_dash(age.unwrap_or_default()),
        or_dash(file.due.iter().map(|&due| due_word(due)).collect::<Vec<_>>().join(", ")),
    ]
}

/// `5 files: 3 sealed, 2 plaintext; due: 1 encrypt`.
fn sentence(report: &StatusReport) -> String {
    if report.files.is_empty() {
        return "no file found".into();
    }
    let listed = |counts: BTreeMap<&str, usize>| {
        counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
    };
    let all = format!("{}: {}", human::count(report.files.len(), "file"), listed(states(report)));
    let due = dues(report);
    if due.is_empty() { all } else { format!("{all}; due: {}", listed(due)) }
}

fn states(report: &StatusReport) -> BTreeMap<&str, usize> {
    counted(report.files.iter().map(|file| file.state.word()))
}

fn dues(report: &StatusReport) -> BTreeMap<&'static str, usize> {
    counted(report.files.iter().flat_map(|file| &file.due).map(|&due| due_word(due)))
}

fn counted<'w>(words: impl Iterator<Item = &'w str>) -> BTreeMap<&'w str, usize> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_insert(0) += 1;
    }
    counts
}

fn due_word(due: Due) -> &'static str {
    match due {
        Due::Encrypt => "encrypt",
        Due::Finish => "finish",
        Due::Heal => "heal",
        Due::Rotate => "rotate",
        Due::Sweep => "sweep",
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
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    damage: Option<&'r str>,
    plaintext_len: Option<u64>,
    keys: &'r [String],
    since: Option<String>,
    since_is_authentic: bool,
    due: Vec<&'static str>,
    notices: &'r [String],
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    states: BTreeMap<String, usize>,
    due: BTreeMap<&'static str, usize>,
    exit_code: u8,
}

impl<'r> Document<'r> {
    fn new(verb: &'static str, report: &'r StatusReport, exit: Exit) -> Self {
        let states = states(report).into_iter().map(|(word, count)| (snake(word), count)).collect();
        let due = dues(report);
        let summary = Summary { files: report.files.len(), states, due, exit_code: exit.number() };
        let files = report.files.iter().map(JsonFile::from).collect();
        Self { verb, files, notices: &report.notices, summary }
    }
}

impl<'r> From<&'r FileStatus> for JsonFile<'r> {
    fn from(file: &'r FileStatus) -> Self {
        Self {
            path: file.path.as_path().into(),
            state: snake(file.state.word()),
            damage: if let State::Damaged(why) = &file.state { Some(why) } else { None },
            plaintext_len: file.plaintext_len,
            keys: &file.keys,
            since: file.since.map(to_rfc3339),
            since_is_authentic: file.since_is_authentic,
            due: file.due.iter().map(|&due| due_word(due)).collect(),
            notices: &file.notices,
        }
    }
}
