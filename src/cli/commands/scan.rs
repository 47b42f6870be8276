//! `scan`: secrets in files, told without showing them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::Error;
use crate::cli::args::{Format, MinSeverity, ScanArgs};
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::json::{self, JsonError, JsonPath};
use crate::cli::{human, interrupt};
use crate::mask::Severity;
use crate::scan::report::{self, JsonFinding};
use crate::scan::{Baseline, Report, Scanner};

pub(in crate::cli) fn run(args: &ScanArgs, context: &Context) -> Result<Exit, Failure> {
    if context.json && args.format == Format::Sarif {
        return Err(Failure::usage("--json and --format sarif are two formats"));
    }
    // Nothing to tidy up: a baseline is replaced in one step.
    interrupt::let_signals_kill()?;
    let begin = Instant::now();
    let scanner = scanner(args)?;
    let mut report = if args.staged {
        scanner.scan_staged(Path::new("."), &args.paths).map_err(Error::from)?
    } else {
        let here = [PathBuf::from(".")];
        scanner.scan(if args.paths.is_empty() { &here } else { &args.paths })
    };
    if args.update_baseline {
        let baseline = scanner.into_updated_baseline(&report).expect("clap: it is given");
        baseline.write().map_err(Error::from)?;
        report.known.append(&mut report.findings);
        let known = human::count(baseline.len(), "finding");
        context.terminal.say(&format!("{} knows {known}", baseline.path().display()));
    }
    let (failed, exit) = (report.failures.len(), exit(&report));
    let summary = Summary::new(&report, begin.elapsed(), exit);
    let format = if context.json { Format::Json } else { args.format };
    let sarif = if format == Format::Sarif { Some(report::sarif(&report)) } else { None };
    let failures: Vec<File> = std::mem::take(&mut report.failures)
        .into_iter()
        .map(|failed| File { failure: Failure::from(Error::from(failed.error)), path: failed.path })
        .collect();
    context.terminal.print(&match sarif {
        Some(sarif) => json::line(&sarif),
        None if format == Format::Json => {
            json::line(&Document::new(context.verb, &report, &failures, &summary))
        }
        None => report::text(&report),
    })?;
    for notice in &report.notices {
        context.terminal.note(notice);
    }
    for file in &failures {
        context.terminal.fail(&file.failure.of_file(&file.path));
    }
    context.terminal.say(&summary.sentence(failed));
    if !report.findings.is_empty() {
        context.terminal.hint(ACCEPT);
    }
    Ok(exit)
}

fn scanner(args: &ScanArgs) -> Result<Scanner, Failure> {
    let min_severity = match args.min_severity {
        MinSeverity::Low => Severity::Low,
        MinSeverity::Medium => Severity::Medium,
        MinSeverity::High => Severity::High,
        MinSeverity::Critical => Severity::Critical,
    };
    let scanner = Scanner::new().min_severity(min_severity);
    let Some(path) = &args.baseline else { return Ok(scanner) };
    let baseline = if args.update_baseline { Baseline::load_or_new(path) } else { Baseline::load(path) };
    Ok(scanner.baseline(baseline.map_err(Error::from)?))
}

/// Whatever kept a file from being scanned, it is no finding.
fn exit(report: &Report) -> Exit {
    let findings = if report.findings.is_empty() { Exit::Done } else { Exit::Policy };
    let failures = if report.failures.is_empty() { Exit::Done } else { Exit::Failed };
    Exit::gravest([findings, failures])
}

/// A file that could not be scanned.
struct File {
    path: PathBuf,
    failure: Failure,
}

#[derive(Serialize)]
struct Document<'r> {
    verb: &'static str,
    findings: Vec<JsonFinding<'r>>,
    files: Vec<JsonFile>,
    notices: &'r [String],
    summary: &'r Summary,
}

#[derive(Serialize)]
struct JsonFile {
    #[serde(flatten)]
    path: JsonPath,
    error: JsonError,
}

impl<'r> Document<'r> {
    fn new(verb: &'static str, report: &'r Report, failures: &[File], summary: &'r Summary) -> Self {
        let file = |file: &File| JsonFile { path: file.path.as_path().into(), error: (&file.failure).into() };
        let (findings, files) = (report::json(report), failures.iter().map(file).collect());
        Self { verb, findings, files, notices: &report.notices, summary }
    }
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    bytes: u64,
    findings: usize,
    /// How many findings have each severity.
    severities: BTreeMap<Severity, usize>,
    known: usize,
    allowed: usize,
    binary: usize,
    sealed: usize,
    failed: usize,
    seconds: f64,
    exit_code: u8,
    #[serde(skip)]
    files_with_findings: usize,
    #[serde(skip)]
    elapsed: Duration,
}

impl Summary {
    fn new(report: &Report, elapsed: Duration, exit: Exit) -> Self {
        let mut severities = BTreeMap::new();
        for finding in &report.findings {
            *severities.entry(finding.severity()).or_insert(0) += 1;
        }
        let mut files: Vec<&Path> = report.findings.iter().map(|finding| finding.path.as_path()).collect();
        files.dedup();
        Self {
            files: report.scanned.len(),
            bytes: report.bytes,
            findings: report.findings.len(),
            severities,
            known: report.known.len(),
            allowed: report.allowed,
            binary: report.binary,
            sealed: report.sealed,
            failed: report.failures.len(),
            seconds: elapsed.as_secs_f64(),
            exit_code: exit.number(),
            files_with_findings: files.len(),
            elapsed,
        }
    }

    /// `2 findings in 1 file (1 critical, 1 high), 3 known; 120 files, 3.4 MB in 0.2 s, 4 binary left out, 1 failed`.
    fn sentence(&self, failed: usize) -> String {
        let mut found = if self.findings == 0 {
            "no finding".to_owned()
        } else {
            let each = self.severities.iter().rev();
            let each = each.map(|(severity, count)| format!("{count} {}", report::severity(*severity)));
            format!(
                "{} in {} ({})",
                human::count(self.findings, "finding"),
                human::count(self.files_with_findings, "file"),
                each.collect::<Vec<_>>().join(", ")
            )
        };
        let time = human::duration(self.elapsed);
        let mut looked =
            format!("{}, {} in {time}", human::count(self.files, "file"), human::bytes(self.bytes));
        let add = |text: &mut String, count: usize, what: &str| {
            if count > 0 {
                let _ = write!(text, ", {count} {what}");
            }
        };
        add(&mut found, self.known, "known");
        add(&mut found, self.allowed, "allowed");
        add(&mut looked, self.binary, "binary left out");
        add(&mut looked, self.sealed, "sealed left out");
        add(&mut looked, failed, "failed");
        format!("{found}; {looked}")
    }
}

const ACCEPT: &str = "change a secret that has leaked, then remove it; if it is none, write modelcrypt:allow on its line, \
     or accept all with --baseline FILE --update-baseline";
