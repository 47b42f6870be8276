//! `cred audit verify`: whether the record is the one that was written.

use serde::Serialize;

use crate::ErrorKind;
use crate::cli::args::cred::VerifyArgs;
use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::{credential_store, human, json};
use crate::credentials::audit::AuditReport;

pub(super) fn run(args: &VerifyArgs, context: &Context) -> Result<Exit, Failure> {
    let vault = credential_store::open_vault(&args.key, context)?;
    let mut log = credential_store::audit_log(&vault);
    if let Some(path) = &args.checkpoints {
        log = log.checkpoints_at(path);
    }
    let report = log.verify()?;
    for finding in &report.findings {
        if finding.is_tampering() {
            context.terminal.error(&Failure::new(ErrorKind::Tampered, finding.to_string()));
        } else {
            context.terminal.note(&finding.to_string());
        }
    }
    context.terminal.say(&sentence(&report));
    if context.json {
        let finding = |finding: &crate::credentials::audit::Finding| JsonFinding {
            message: finding.to_string(),
            is_tampering: finding.is_tampering(),
        };
        context.terminal.print(&json::line(&Document {
            verb: context.verb,
            lines: report.lines,
            last_seq: report.last_seq,
            checkpoints: report.checkpoints,
            is_tampered: report.is_tampered(),
            findings: report.findings.iter().map(finding).collect(),
        }))?;
    }
    Ok(if report.is_tampered() { Exit::Corrupt } else { Exit::Done })
}

fn sentence(report: &AuditReport) -> String {
    let lines = human::count(usize::try_from(report.lines).unwrap_or(usize::MAX), "line");
    let marks = human::count(usize::try_from(report.checkpoints).unwrap_or(usize::MAX), "checkpoint");
    let verdict = if report.is_tampered() { "TAMPERED WITH" } else { "unchanged" };
    format!("{verdict}: {lines}, {marks} that hold")
}

#[derive(Serialize)]
struct Document {
    verb: &'static str,
    lines: u64,
    last_seq: u64,
    checkpoints: u64,
    is_tampered: bool,
    findings: Vec<JsonFinding>,
}

#[derive(Serialize)]
struct JsonFinding {
    message: String,
    is_tampering: bool,
}
