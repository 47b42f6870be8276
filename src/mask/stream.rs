//! Masks what is written on its way to another writer.

use std::fmt;
use std::io::{self, Write};

use memchr::{memchr, memrchr};
use zeroize::Zeroizing;

use super::long_line::LongLine;
use super::masker::Masker;
use super::pem::Armour;
use super::text;
use super::visible::Controls;

/// A writer that masks what is written to it, line by line: however the text is split into writes, the same comes out.
///
/// A line is passed on as soon as its newline has come; what follows the last newline waits for its own, or for
/// [`finish`](Self::finish): a secret may still begin in it. [`flush`](Write::flush) does not change that. Secrets that reach over
/// several lines are private keys, and registered values line by line.
///
/// A line of more than a MiB is passed on in pieces, each looked at together with 4 KiB before and 64 KiB after it: secrets up to that
/// length are found in it. A line that is binary (it has a zero byte and is no UTF-8) is passed on as it is, but for registered values.
///
/// After an error of the inner writer it is not known how much of the text it has; nothing is written twice.
pub struct MaskWriter<W: Write> {
    /// Gone once it is finished.
    inner: Option<W>,
    masker: Masker,
    /// Shows control characters before anything is looked for: what is masked is what is read.
    controls: Option<Controls>,
    /// What has come of the line under way.
    line: Zeroizing<Vec<u8>>,
    long: LongLine,
    /// A private key that began in an earlier line.
    armour: Option<Armour>,
}

impl Masker {
    /// A writer that masks what is written to it on its way to `inner`. Values that are registered later are masked from the next line on.
    pub fn writer<W: Write>(&self, inner: W) -> MaskWriter<W> {
        MaskWriter {
            inner: Some(inner),
            masker: self.clone(),
            controls: None,
            line: Zeroizing::new(Vec::new()),
            long: LongLine::default(),
            armour: None,
        }
    }
}

impl<W: Write> MaskWriter<W> {
    /// Makes control characters other than tabs and line breaks visible, escaped as in JSON.
    #[must_use]
    pub fn with_visible_controls(mut self) -> Self {
        self.controls = Some(Controls::default());
        self
    }

    /// Passes on what of the line under way can belong to no secret, whatever comes after it: a prompt, a bar of progress. What may become
    /// a secret stays, and so does a line of JSON.
    ///
    /// For whoever has waited and nothing more has come. It does not show a secret that would be masked without it, but what comes out
    /// depends on when it is called: masked in two pieces, a line may be masked otherwise than as a whole.
    pub fn release(&mut self) -> io::Result<()> {
        if self.line.is_empty() || self.armour.is_some() {
            return Ok(());
        }
        let masked = self.long.release(&self.masker.finder(), &mut self.line);
        self.inner().write_all(&masked)?;
        self.inner().flush()
    }

    /// Passes the rest on, a line without a newline, and gives the inner writer back.
    pub fn finish(mut self) -> io::Result<W> {
        self.end()?;
        Ok(self.inner.take().expect("only finished once"))
    }

    fn end(&mut self) -> io::Result<()> {
        if let Some(controls) = &mut self.controls {
            let shown = controls.end();
            self.take_in(&shown)?;
        }
        self.end_line(b"")?;
        self.inner().flush()
    }

    fn inner(&mut self) -> &mut W {
        self.inner.as_mut().expect("not finished while it is written to")
    }

    /// Takes in what is written, and passes the lines on that are whole.
    fn take_in(&mut self, mut rest: &[u8]) -> io::Result<()> {
        while let Some(len) = memchr(b'\n', rest) {
            if self.line.is_empty() {
                // As many whole lines at once as are no longer together than one may be.
                let at_once = &rest[..rest.len().min(LongLine::MIN_LEN)];
                if let Some(last) = memrchr(b'\n', at_once) {
                    self.lines(&rest[..=last])?;
                    rest = &rest[last + 1..];
                    continue;
                }
            }
            self.add(&rest[..len])?;
            self.end_line(b"\n")?;
            rest = &rest[len + 1..];
        }
        self.add(rest)
    }

    /// Takes in a part of a line, without its newline.
    fn add(&mut self, part: &[u8]) -> io::Result<()> {
        for part in part.chunks(PART_LEN) {
            self.line.extend_from_slice(part);
            while self.long.is_ready(&self.line) {
                let masked = self.long.pass(&self.masker.finder(), &mut self.line, self.armour);
                self.inner().write_all(&masked)?;
            }
        }
        Ok(())
    }

    /// Passes the line under way on.
    fn end_line(&mut self, newline: &[u8]) -> io::Result<()> {
        let mut line = std::mem::take(&mut self.line);
        let passed = if self.long.is_under_way() {
            let masked = self.long.end(&self.masker.finder(), &line, &mut self.armour);
            self.inner().write_all(&masked).and_then(|()| self.inner().write_all(newline))
        } else {
            line.extend_from_slice(newline);
            self.lines(&line)
        };
        line.clear();
        self.line = line;
        passed
    }

    /// Passes whole lines on.
    fn lines(&mut self, text: &[u8]) -> io::Result<()> {
        let mut out = Vec::new();
        let changed = text::lines(&self.masker.finder(), text, &mut self.armour, &mut out);
        self.inner().write_all(if changed { &out } else { text })
    }
}

impl<W: Write> Write for MaskWriter<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        match &mut self.controls {
            Some(controls) => {
                let shown = controls.show(text);
                self.take_in(&shown)?;
            }
            None => self.take_in(text)?,
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner().flush()
    }
}

/// The last resort: whether the rest could be written is known to who [`finish`](MaskWriter::finish)es.
impl<W: Write> Drop for MaskWriter<W> {
    fn drop(&mut self) {
        if self.inner.is_some() && !std::thread::panicking() {
            let _ = self.end();
        }
    }
}

/// Shows nothing of the text.
impl<W: Write> fmt::Debug for MaskWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskWriter")
            .field("masker", &self.masker)
            .field("shows_controls", &self.controls.is_some())
            .finish_non_exhaustive()
    }
}

/// A long line is taken in by so much at once.
const PART_LEN: usize = 64 << 10;
