//! What was measured, as a table.

use std::time::Duration;

/// One part of the table; its first line is what the others are measured against, if there are others.
pub(crate) struct Table {
    title: String,
    lines: Vec<Line>,
}

struct Line {
    what: String,
    /// At least one.
    times: Vec<Duration>,
}

impl Table {
    pub(crate) fn new(title: String) -> Self {
        Self { title, lines: Vec::new() }
    }

    /// Adds a time to the line `what`, which comes after those already there if it is new.
    pub(crate) fn add(&mut self, what: &str, time: Duration) {
        match self.lines.iter_mut().find(|line| line.what == what) {
            Some(line) => line.times.push(time),
            None => self.lines.push(Line { what: what.to_owned(), times: vec![time] }),
        }
    }

    pub(crate) fn print(mut self) {
        self.lines.iter_mut().for_each(|line| line.times.sort());
        println!("{}", self.title);
        for line in &self.lines {
            let median = line.median();
            let ratio = median.as_secs_f64() / self.lines[0].median().as_secs_f64();
            let ratio = if self.lines.len() > 1 { format!("{ratio:.2}") } else { String::new() };
            let unit = Unit::of(median);
            let spread =
                format!("{}–{}", unit.number(line.times[0]), unit.number(line.times[line.times.len() - 1]));
            print_line(&line.what, &format!("{} {}", unit.number(median), unit.name()), &ratio, &spread);
        }
        println!();
    }
}

impl Line {
    /// The middle one of the sorted times.
    fn median(&self) -> Duration {
        self.times[self.times.len() / 2]
    }
}

pub(crate) fn print_header() {
    print_line("", "median", "ratio", "min–max");
}

/// Prints a line that has neither ratio nor spread.
pub(crate) fn print_value(what: &str, value: &str) {
    print_line(what, value, "", "");
}

fn print_line(what: &str, median: &str, ratio: &str, spread: &str) {
    let line = format!("  {what:<36} {median:>10} {ratio:>7}   {spread}");
    println!("{}", line.trim_end());
}

/// What the times of a line are told in.
#[derive(Clone, Copy)]
enum Unit {
    Seconds,
    Milliseconds,
}

impl Unit {
    fn of(median: Duration) -> Self {
        if median < Duration::from_millis(100) { Self::Milliseconds } else { Self::Seconds }
    }

    fn number(self, time: Duration) -> String {
        match self {
            Self::Seconds => format!("{:.3}", time.as_secs_f64()),
            Self::Milliseconds => format!("{:.2}", time.as_secs_f64() * 1000.0),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
        }
    }
}
