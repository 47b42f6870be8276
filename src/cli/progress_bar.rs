//! How work goes, for whoever watches: one bar for the whole job, a line for each finished file above it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::terminal::Terminal;
use super::{human, interrupt};
use crate::Progress;

/// Shows the progress of one job.
pub(super) struct Watcher<'t> {
    terminal: &'t Terminal,
    bar: Option<ProgressBar>,
    /// Nothing is read or written that counts: the bar goes by files.
    by_files: AtomicBool,
    files: AtomicU64,
    finished: AtomicU64,
    notices: Mutex<Vec<String>>,
}

impl<'t> Watcher<'t> {
    pub(super) fn new(terminal: &'t Terminal) -> Self {
        Self {
            terminal,
            bar: terminal.shows_progress().then(|| ProgressBar::new(0).with_style(style(BY_FILES))),
            by_files: AtomicBool::new(false),
            files: AtomicU64::new(0),
            finished: AtomicU64::new(0),
            notices: Mutex::default(),
        }
    }

    /// Takes the bar away and returns the notices that have been shown.
    pub(super) fn finish(self) -> Vec<String> {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
        self.notices.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn above_the_bar(&self, write: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn show_count(&self) {
        if let Some(bar) = &self.bar {
            let (finished, files) =
                (self.finished.load(Ordering::Relaxed), self.files.load(Ordering::Relaxed));
            bar.set_message(format!("{finished}/{files} files"));
        }
    }
}

impl Progress for Watcher<'_> {
    fn begin(&self, files: u64, bytes: u64) {
        self.files.fetch_add(files, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            self.by_files.store(bytes == 0, Ordering::Relaxed);
            bar.set_style(style(if bytes == 0 { BY_FILES } else { BY_BYTES }));
            bar.inc_length(if bytes == 0 { files } else { bytes });
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        self.show_count();
    }

    fn advance(&self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(bytes);
        }
    }

    fn file_finished(&self, path: &Path, outcome: &str, bytes: u64) {
        self.finished.fetch_add(1, Ordering::Relaxed);
        if self.by_files.load(Ordering::Relaxed) {
            self.bar.iter().for_each(|bar| bar.inc(1));
        }
        if self.terminal.shows_files() {
            let line = format!("{outcome} {} ({})", human::path(path), human::bytes(bytes));
            self.above_the_bar(|| self.terminal.say(&line));
        }
        self.show_count();
    }

    fn notice(&self, text: &str) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if !notices.iter().any(|shown| shown == text) {
            self.above_the_bar(|| self.terminal.note(text));
            notices.push(text.to_owned());
        }
    }

    fn is_cancelled(&self) -> bool {
        interrupt::signal().is_some()
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is constant").progress_chars("━╸ ")
}

const BY_BYTES: &str =
    "{wide_bar} {msg}  {decimal_bytes}/{decimal_total_bytes}  {decimal_bytes_per_sec}  {eta} left";
const BY_FILES: &str = "{wide_bar} {msg}  {eta} left";
