//! Every line held against its MAC, the one before, the vault and the checkpoints.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use super::boot::{self, Boot};
use super::line::Line;
use super::log::{AuditLog, RESTART, owned_up};
use super::report::{AuditReport, Finding};
use crate::credentials::Error;
use crate::credentials::stores::vault::Head;

impl AuditLog {
    /// Reads the whole log. A log that is not there is an empty one.
    pub fn verify(&self) -> Result<AuditReport, Error> {
        let mut report = AuditReport::default();
        let checkpoints = self.read_checkpoints(&mut report)?;
        let (file, head) = self.snapshot()?;
        let mut walk = Walk { checkpoints, ..Walk::default() };
        self.each(file.as_ref(), &mut |bytes, is_whole| {
            if is_whole {
                walk.take(Line::authentic(bytes, &self.key), &head, &mut report);
            } else {
                walk.fragment_len = bytes.len() as u64;
            }
        })?;
        walk.finish(&head, &self.boot, &mut report);
        Ok(report)
    }

    /// All lines that are authentic, in order, for those who want to read them.
    pub fn lines(&self) -> Result<Vec<Line>, Error> {
        let (file, _) = self.snapshot()?;
        let mut lines = Vec::new();
        self.each(file.as_ref(), &mut |bytes, _| lines.extend(Line::authentic(bytes, &self.key)))?;
        Ok(lines)
    }

    /// The log and what the vault remembers of it, from one moment. Nobody appends while the file is held.
    fn snapshot(&self) -> Result<(Option<File>, Head), Error> {
        let failed = |source| Error::Io { doing: "reading", path: self.path().to_owned(), source };
        let file = match crate::base::open_regular(self.path()) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        if let Some(file) = &file {
            file.lock_shared().map_err(failed)?;
        }
        Ok((file, self.vault.audit_head()?))
    }

    /// Hands on each line without its newline, and whether it had one.
    fn each(&self, file: Option<&File>, take: &mut dyn FnMut(&[u8], bool)) -> Result<(), Error> {
        let Some(file) = file else { return Ok(()) };
        let mut reader = BufReader::new(file);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let read = reader.by_ref().take(MAX_LINE_LEN).read_until(b'\n', &mut bytes);
            let read =
                read.map_err(|source| Error::Io { doing: "reading", path: self.path().to_owned(), source })?;
            if read == 0 {
                return Ok(());
            }
            let is_whole = bytes.last() == Some(&b'\n');
            take(&bytes[..bytes.len() - usize::from(is_whole)], is_whole || read as u64 == MAX_LINE_LEN);
        }
    }
}

/// A walk over the lines.
#[derive(Default)]
struct Walk {
    line: u64,
    /// Number and MAC of the line before; no MAC where that was edited.
    before: Option<(u64, Option<[u8; 32]>)>,
    checkpoints: BTreeMap<u64, [u8; 32]>,
    /// Lines that follow the one that the vault remembers, and how many of them were waited for.
    ahead: u64,
    ahead_synced: u64,
    last_is_synced: bool,
    head_is_met: bool,
    fragment_len: u64,
}

impl Walk {
    fn take(&mut self, line: Option<Line>, head: &Head, report: &mut AuditReport) {
        self.line += 1;
        let Some((line, mac)) =
            line.and_then(|line| Some((line.mac_bytes()?, line))).map(|(mac, line)| (line, mac))
        else {
            report.findings.push(Finding::Edited { line: self.line });
            // It stands for one line, whatever it says.
            self.before = Some((self.before.map_or(0, |(seq, _)| seq) + 1, None));
            return;
        };
        let (seq, previous) = self.before.unwrap_or((0, Some([0; 32])));
        let is_first_of_a_new_log = self.before.is_none() && line.action == RESTART;
        if line.seq <= seq {
            report.findings.push(Finding::Rewritten { seq: line.seq });
        } else if line.seq > seq + 1 && !is_first_of_a_new_log {
            let (from, to) = (seq + 1, line.seq - 1);
            // What is missing beyond that was taken out by somebody.
            let lost = owned_up(&line).filter(|(_, last)| *last == to).map_or(line.seq, |(first, _)| first);
            if from < lost {
                report.findings.push(Finding::Removed { from, to: lost - 1 });
            }
            if lost <= to {
                report.findings.push(Finding::LostUnsynced { from: lost.max(from), to });
            }
        } else if previous.is_some_and(|mac| !line.follows(&mac)) && !is_first_of_a_new_log {
            report.findings.push(Finding::Rewritten { seq: line.seq });
        }
        let is_other = |expected: Option<&[u8; 32]>| expected.is_some_and(|expected| *expected != mac);
        let is_head = line.seq == head.seq;
        if is_other(self.checkpoints.remove(&line.seq).as_ref()) || (is_head && mac != head.mac) {
            report.findings.push(Finding::Rewritten { seq: line.seq });
        }
        if is_first_of_a_new_log {
            // What came before is in another file.
            self.checkpoints = self.checkpoints.split_off(&line.seq);
        }
        self.head_is_met |= is_head;
        if line.seq > head.seq {
            self.ahead += 1;
            self.ahead_synced += u64::from(line.synced);
            self.last_is_synced = line.synced;
        }
        report.lines += 1;
        self.before = Some((line.seq, Some(mac)));
        report.last_seq = line.seq;
    }

    fn finish(self, head: &Head, boot: &Boot, report: &mut AuditReport) {
        let last = self.before.map_or(0, |(seq, _)| seq);
        if self.fragment_len > 0 {
            report.findings.push(Finding::CutByCrash { bytes: self.fragment_len });
        }
        let signed = self.checkpoints.last_key_value().map_or(0, |(seq, _)| *seq);
        // Nothing that was written is lost while a machine runs on.
        let is_kept = boot::is_same(&head.boot, boot) && last < head.seq;
        if is_kept || last < head.synced_seq.max(signed) {
            report.findings.push(Finding::Truncated { from: last + 1, to: head.seq.max(signed) });
        } else if last < head.seq {
            report.findings.push(Finding::LostUnsynced { from: last + 1, to: head.seq });
        }
        // The last line may have been written by a program that ended before the vault heard of it.
        if self.ahead_synced > u64::from(self.last_is_synced) {
            report.findings.push(Finding::VaultPutBack { vault_seq: head.seq, log_seq: last });
        }
        report.findings.dedup();
    }
}

/// Longer than any line of ours.
const MAX_LINE_LEN: u64 = 64 * 1024;
