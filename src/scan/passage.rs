//! Text as the finder gets it, and where each byte of it comes from.

use std::borrow::Cow;
use std::ops::Range;

use super::finding::Within;
use crate::mask::Syntax;

/// A text, part of a file or made from parts of it.
pub(super) struct Passage<'f> {
    pub(super) text: Cow<'f, [u8]>,
    pub(super) syntax: Syntax,
    pub(super) within: Option<Within>,
    origin: Origin,
}

enum Origin {
    /// The text is what stands in the file from this offset on.
    Verbatim(usize),
    /// Runs of it stand in the file one behind the other: where in the text and where in the file each begins.
    Pieces(Vec<(usize, usize)>),
    /// It stands nowhere as it is.
    Nowhere,
}

impl<'f> Passage<'f> {
    /// All of a text.
    pub(super) fn whole(text: &'f [u8], syntax: Syntax) -> Self {
        Self { text: Cow::Borrowed(text), syntax, within: None, origin: Origin::Verbatim(0) }
    }

    /// A text that does not stand in the file as it is.
    pub(super) fn detached(text: Vec<u8>, syntax: Syntax, within: Option<Within>) -> Self {
        Self { text: Cow::Owned(text), syntax, within, origin: Origin::Nowhere }
    }

    /// The bytes of the file that `span` of the text comes from.
    pub(super) fn file_span(&self, span: &Range<usize>) -> Option<Range<usize>> {
        let pieces = match &self.origin {
            Origin::Verbatim(start) => return Some(start + span.start..start + span.end),
            Origin::Pieces(pieces) => pieces,
            Origin::Nowhere => return None,
        };
        let place = |offset: usize| {
            let after = pieces.partition_point(|&(in_text, _)| in_text <= offset);
            let (in_text, in_file) = pieces[after.checked_sub(1)?];
            Some(in_file + (offset - in_text))
        };
        // The last byte has to be in the span whatever piece follows.
        let last = span.end.max(span.start + 1) - 1;
        Some(place(span.start)?..place(last)? + (span.end - last))
    }
}

/// A passage that is put together from pieces of a file.
#[derive(Default)]
pub(super) struct Pieces {
    text: Vec<u8>,
    pieces: Vec<(usize, usize)>,
}

impl Pieces {
    /// Adds `bytes`, which stand so in the file from `offset` on.
    pub(super) fn push(&mut self, bytes: &[u8], offset: usize) {
        self.pieces.push((self.text.len(), offset));
        self.text.extend_from_slice(bytes);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn ends_with_newline(&self) -> bool {
        self.text.ends_with(b"\n")
    }

    pub(super) fn into_passage<'f>(self, syntax: Syntax, within: Option<Within>) -> Passage<'f> {
        Passage { text: Cow::Owned(self.text), syntax, within, origin: Origin::Pieces(self.pieces) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_over_pieces_is_where_they_are_in_the_file() {
        let mut pieces = Pieces::default();
        pieces.push(b"ab", 10);
        pieces.push(b"\n", 12);
        pieces.push(b"cd", 20);
        let passage = pieces.into_passage(Syntax::Code, None);
        assert_eq!(&*passage.text, b"ab\ncd");
        assert_eq!(passage.file_span(&(0..2)), Some(10..12));
        assert_eq!(passage.file_span(&(1..4)), Some(11..21));
        assert_eq!(passage.file_span(&(3..5)), Some(20..22));
    }
}
