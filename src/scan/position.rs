//! Lines and columns, counted from front to back so that many places cost no more than the text.

/// A place in a text, as people and editors count. Everything from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: u64,
    /// The character in its line.
    pub column: u64,
    /// The same in UTF-16 code units, as SARIF and some editors count.
    pub utf16_column: u64,
}

impl Position {
    pub(super) const START: Self = Self { line: 1, column: 1, utf16_column: 1 };

    /// Where one is behind `passed`.
    pub(super) fn after(mut self, passed: &[u8]) -> Self {
        let lines = memchr::memchr_iter(b'\n', passed).count() as u64;
        let mut rest = passed;
        if lines > 0 {
            let last = memchr::memrchr(b'\n', passed).expect("there is a newline");
            rest = &passed[last + 1..];
            self = Self { line: self.line + lines, ..Self::START };
        }
        // What is no UTF-8 counts as if it were.
        let characters = rest.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as u64;
        let pairs = rest.iter().filter(|&&byte| byte >= 0xf0).count() as u64;
        Self {
            column: self.column + characters,
            utf16_column: self.utf16_column + characters + pairs,
            ..self
        }
    }
}

/// Finds the positions of offsets that only grow.
pub(super) struct Counter<'t> {
    text: &'t [u8],
    offset: usize,
    position: Position,
}

impl<'t> Counter<'t> {
    /// Counts `text`, which begins at `position`.
    pub(super) fn new(text: &'t [u8], position: Position) -> Self {
        Self { text, offset: 0, position }
    }

    /// The position of `offset`, which is not before the last one that was asked for.
    pub(super) fn at(&mut self, offset: usize) -> Position {
        debug_assert!(self.offset <= offset, "offsets only grow");
        self.position = self.position.after(&self.text[self.offset..offset]);
        self.offset = offset;
        self.position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_and_utf16_units_are_counted_from_one() {
        let text = "a\nbé\u{1f600}c\r\nd".as_bytes();
        let mut counter = Counter::new(text, Position::START);
        let mut at = |offset| {
            let found = counter.at(offset);
            (found.line, found.column, found.utf16_column)
        };
        assert_eq!(at(0), (1, 1, 1));
        assert_eq!(at(2), (2, 1, 1));
        assert_eq!(at(5), (2, 3, 3));
        assert_eq!(at(9), (2, 4, 5));
        assert_eq!(at(12), (3, 1, 1));
        assert_eq!(at(13), (3, 2, 2));
    }

    #[test]
    fn what_is_no_utf8_counts_too() {
        let position = Position::START.after(b"\xe4\xf6\xfc");
        assert_eq!(position.column, 4);
    }
}
