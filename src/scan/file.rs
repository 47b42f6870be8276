//! One file, from its bytes to findings.

use std::path::Path;

use super::content::{self, HEAD_LEN, Kind};
use super::error::Error;
use super::finding::{Finding, Region};
use super::passage::Passage;
use super::position::{Counter, Position};
use super::spotter::{Spotted, Spotter};
use crate::base::ReadAt;
use crate::mask::Syntax;

/// What one file has come to.
#[derive(Default)]
pub(super) struct Scanned {
    pub(super) findings: Vec<Finding>,
    /// How many are allowed on their line.
    pub(super) allowed: usize,
    /// Bytes that were looked through.
    pub(super) bytes: u64,
    pub(super) skipped: Option<Skipped>,
    pub(super) notice: Option<String>,
}

/// Why a file was not looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Skipped {
    Binary,
    Sealed,
}

/// Scans `source`, which is the file at `path` and has `len` bytes.
pub(super) fn scan(
    path: &Path,
    source: &dyn ReadAt,
    len: u64,
    spotter: &Spotter<'_>,
) -> Result<Scanned, Error> {
    let mut file = File { path, source, len, spotter, scanned: Scanned::default() };
    let head = file.read(0, HEAD_LEN)?;
    match Kind::of(path, &head, len) {
        Kind::Sealed => file.scanned.skipped = Some(Skipped::Sealed),
        Kind::Binary => file.scanned.skipped = Some(Skipped::Binary),
        Kind::Safetensors => match content::of_safetensors(source, len) {
            Ok(passages) => file.detached(passages),
            // It only began like one.
            Err(_) if path.extension().is_none_or(|extension| extension != "safetensors") => {
                file.scanned.skipped = Some(Skipped::Binary);
            }
            Err(error) => return Err(error),
        },
        Kind::Gguf => file.detached(content::of_gguf(source, len)?),
        Kind::Utf16 { big_endian } => file.utf16(big_endian)?,
        Kind::Notebook => file.structured(content::of_notebook)?,
        Kind::Vocabulary => file.structured(content::of_vocabulary)?,
        Kind::Text => file.text()?,
    }
    Ok(file.scanned)
}

struct File<'f> {
    path: &'f Path,
    source: &'f dyn ReadAt,
    len: u64,
    spotter: &'f Spotter<'f>,
    scanned: Scanned,
}

impl File<'_> {
    /// Up to `max_len` bytes from `offset` on.
    fn read(&self, offset: u64, max_len: usize) -> Result<Vec<u8>, Error> {
        let rest = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; max_len.min(rest)];
        let read = self.source.read_full_at(&mut bytes, offset).map_err(Error::Read)?;
        bytes.truncate(read);
        Ok(bytes)
    }

    /// Text of any length, a window at a time. Each begins with a line, and what begins near the end of one is left to
    /// the next, so that nothing is cut in two.
    fn text(&mut self) -> Result<(), Error> {
        let syntax = Syntax::of_path(self.path);
        let (mut start, mut position) = (0, Position::START);
        // What is found before this has been found in the window before.
        let mut found_until = 0;
        loop {
            let window = self.read(start, WINDOW_LEN)?;
            let is_last = start + window.len() as u64 >= self.len || window.len() < WINDOW_LEN;
            let next = if is_last { window.len() } else { next_start(&window) };
            let spotted = self.spotter.spot(&Passage::whole(&window, syntax));
            let mut counter = Counter::new(&window, position);
            for spotted in spotted {
                let span = spotted.span.clone();
                if start + (span.start as u64) < found_until || (span.start >= next && !is_last) {
                    continue;
                }
                found_until = start + span.end as u64;
                let (begin, end) = (counter.at(span.start), counter.at(span.end));
                let bytes = Some(start + span.start as u64..start + span.end as u64);
                self.tell(spotted, Some(Region { start: begin, end, bytes }));
            }
            self.scanned.bytes += next as u64;
            if is_last {
                return Ok(());
            }
            position = position.after(&window[..next]);
            start += next as u64;
        }
    }

    /// A file that is taken apart; as text if it cannot be.
    fn structured(&mut self, parse: fn(&[u8]) -> Option<Vec<Passage<'_>>>) -> Result<(), Error> {
        if self.len > MAX_WHOLE_LEN {
            return self.text();
        }
        let bytes = self.read(0, usize::MAX)?;
        let Some(passages) = parse(&bytes) else { return self.text() };
        let mut all: Vec<Spotted> = passages.iter().flat_map(|passage| self.spotter.spot(passage)).collect();
        all.sort_by_key(|spotted| spotted.file_span.as_ref().map(|span| span.start));
        self.scanned.bytes += bytes.len() as u64;
        let mut counter = Counter::new(&bytes, Position::START);
        let mut told_until = 0;
        for spotted in all {
            let span = spotted.file_span.clone().expect("a notebook's texts stand in it");
            // Ends are within the next one's text only where an escape is cut.
            let begin = counter.at(span.start.max(told_until));
            let end = counter.at(span.end.max(told_until));
            told_until = span.end.max(told_until);
            let bytes = Some(span.start as u64..span.end as u64);
            self.tell(spotted, Some(Region { start: begin, end, bytes }));
        }
        Ok(())
    }

    fn utf16(&mut self, big_endian: bool) -> Result<(), Error> {
        let bytes = self.read(0, usize::try_from(MAX_WHOLE_LEN).unwrap_or(usize::MAX))?;
        if (bytes.len() as u64) < self.len {
            self.scanned.notice = Some("UTF-16, and looked through up to 32 MiB only".into());
        }
        let units = bytes[2..].chunks_exact(2).map(|pair| {
            let pair = [pair[0], pair[1]];
            if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        });
        let text: String =
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        self.scanned.bytes += bytes.len() as u64;
        let mut counter = Counter::new(text.as_bytes(), Position::START);
        for spotted in self.spotter.spot(&Passage::whole(text.as_bytes(), Syntax::of_path(self.path))) {
            let (start, end) = (counter.at(spotted.span.start), counter.at(spotted.span.end));
            self.tell(spotted, Some(Region { start, end, bytes: None }));
        }
        Ok(())
    }

    fn detached(&mut self, passages: Vec<Passage<'_>>) {
        for passage in passages {
            self.scanned.bytes += passage.text.len() as u64;
            for spotted in self.spotter.spot(&passage) {
                self.tell(spotted, None);
            }
        }
    }

    fn tell(&mut self, spotted: Spotted, region: Option<Region>) {
        if spotted.is_allowed {
            self.scanned.allowed += 1;
            return;
        }
        self.scanned.findings.push(Finding {
            path: self.path.to_owned(),
            rule: spotted.rule,
            confidence: spotted.confidence,
            region,
            within: spotted.within,
            preview: spotted.preview,
            fingerprint: spotted.fingerprint,
        });
    }
}

/// Where the next window starts: with the last line that ends well before this one does.
fn next_start(window: &[u8]) -> usize {
    let latest = window.len() - OVERLAP_LEN;
    memchr::memrchr(b'\n', &window[..latest]).map_or(latest, |newline| newline + 1)
}

/// Bytes of text that are held at a time.
const WINDOW_LEN: usize = 4 << 20;

/// What two windows have in common at least: longer than any secret, a private key included.
const OVERLAP_LEN: usize = 64 << 10;

/// Bytes of a file that is taken apart; a longer one is text.
const MAX_WHOLE_LEN: u64 = 32 << 20;
