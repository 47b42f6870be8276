//! Numbers, times and names as people read them.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// `1.2 GB`: decimal units.
pub(super) fn bytes(count: u64) -> String {
    if count < 1000 {
        return format!("{count} B");
    }
    scaled(lossy(count))
}

/// `1.5 GB/s`.
pub(super) fn rate(count: u64, elapsed: Duration) -> String {
    format!("{}/s", scaled(lossy(count) / elapsed.as_secs_f64().max(1e-9)))
}

/// `0.8 s`, `2 min 5 s`.
pub(super) fn duration(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    if seconds >= 60 {
        return format!("{} min {} s", seconds / 60, seconds % 60);
    }
    if seconds >= 10 {
        return format!("{seconds} s");
    }
    if elapsed.as_millis() < 50 {
        return format!("{} ms", elapsed.as_millis());
    }
    format!("{:.1} s", elapsed.as_secs_f64())
}

/// `3 d`: the time since something, in its largest unit.
pub(super) fn age(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        seconds if seconds < 60 => "now".into(),
        seconds if seconds < 3600 => format!("{} min", seconds / 60),
        seconds if seconds < 2 * 86_400 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// `1 file`, `3 files`.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A path with nothing in it that a terminal would act on.
pub(super) fn path(path: &Path) -> String {
    printable(&path.display().to_string())
}

/// A path as a shell takes it.
pub(super) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+=:@%,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text;
    }
    printable(&format!("'{}'", text.replace('\'', r"'\''")))
}

/// Text with control characters, and those that turn the direction of writing, escaped.
pub(super) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            c if c.is_control() || is_format(c) => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown
}

fn is_format(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn scaled(mut value: f64) -> String {
    let mut unit = "B";
    for larger in ["kB", "MB", "GB", "TB", "PB"] {
        // What would round to 1000 is 1.0 of the next unit.
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = larger;
    }
    if unit == "B" || value >= 99.95 { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") }
}

#[allow(clippy::cast_precision_loss, reason = "two or three digits of it are shown")]
fn lossy(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_or_three_digits() {
        for (count, shown) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (16_384, "16.4 kB"),
            (256_000_000, "256 MB"),
            (999_999, "1.0 MB"),
            (1_234_567_890, "1.2 GB"),
            (u64::MAX, "18447 PB"),
        ] {
            assert_eq!(bytes(count), shown);
        }
        assert_eq!(rate(1_500_000_000, Duration::from_secs(1)), "1.5 GB/s");
    }

    #[test]
    fn times_are_told_in_units_that_fit() {
        for (millis, shown) in [(3, "3 ms"), (800, "0.8 s"), (12_700, "12 s"), (125_000, "2 min 5 s")] {
            assert_eq!(duration(Duration::from_millis(millis)), shown);
        }
        for (seconds, shown) in [(5, "now"), (120, "2 min"), (7200, "2 h"), (3 * 86_400, "3 d")] {
            assert_eq!(age(Duration::from_secs(seconds)), shown);
        }
    }

    #[test]
    fn nothing_reaches_the_terminal_that_it_would_act_on() {
        assert_eq!(printable("a\x1b[2Jb\nc\u{202e}d é"), "a\\u{1b}[2Jb\\nc\\u{202e}d é");
        assert_eq!(quoted("a b/it's".as_ref()), r"'a b/it'\''s'");
        assert_eq!(quoted("/plain/path.key".as_ref()), "/plain/path.key");
    }
}
