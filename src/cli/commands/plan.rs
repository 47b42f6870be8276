//! `--dry-run`: the plan, and nothing else.

use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure::Failure;
use crate::cli::json::{self, JsonPath};
use crate::cli::report::snake;
use crate::cli::terminal::Terminal;
use crate::cli::{human, interrupt, table};
use crate::model::{self, Action, Plan, Step};

/// Prints what would be done; the steps with the action `main` are what the verb was called for.
pub(super) fn show(
    context: &Context,
    main: Action,
    plan: impl FnOnce() -> Result<Plan, model::Error>,
) -> Result<Exit, Failure> {
    interrupt::let_signals_kill()?;
    let plan = plan()?;
    for notice in &plan.notices {
        context.terminal.note(notice);
    }
    let wanted = || plan.steps.iter().filter(|step| step.action == main);
    let (files, bytes) = (wanted().count(), wanted().map(|step| step.plaintext_len).sum());
    if context.json {
        let steps = plan.steps.iter().map(JsonStep::from).collect();
        let summary = Summary { files, bytes, exit_code: Exit::Done.number() };
        let document =
            Document { verb: context.verb, dry_run: true, files: steps, notices: &plan.notices, summary };
        context.terminal.print(&json::line(&document))?;
    } else if !plan.steps.is_empty() {
        let row = |step: &Step| {
            vec![step.action.word().to_owned(), human::bytes(step.plaintext_len), human::path(&step.path)]
        };
        let rows = plan.steps.iter().map(row);
        context.terminal.print(&table::render(
            &["action", "size", "file"],
            rows,
            &[1],
            Terminal::columns(),
        ))?;
    }
    context.terminal.say(&format!(
        "would {} {}, {}",
        context.verb,
        human::count(files, "file"),
        human::bytes(bytes)
    ));
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Document<'p> {
    verb: &'static str,
    dry_run: bool,
    files: Vec<JsonStep>,
    notices: &'p [String],
    summary: Summary,
}

#[derive(Serialize)]
struct JsonStep {
    #[serde(flatten)]
    path: JsonPath,
    action: String,
    plaintext_len: u64,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    bytes: u64,
    exit_code: u8,
}

impl From<&Step> for JsonStep {
    fn from(step: &Step) -> Self {
        let Step { path, action, plaintext_len } = step;
        Self { path: path.as_path().into(), action: snake(action.word()), plaintext_len: *plaintext_len }
    }
}
