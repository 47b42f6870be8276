//! Where a log goes on: after its last line, if that is the one that the vault remembers or explains by a crash.

use std::io;

use super::boot::{self, Boot};
use super::line::Line;
use crate::base::{ReadAt, Secret};
use crate::credentials::stores::vault::Head;

/// The place at which the next line goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tail {
    /// Number and MAC of the line before.
    pub(super) seq: u64,
    pub(super) mac: [u8; 32],
    /// How long the log is without the piece of a line at its end.
    pub(super) len: u64,
    /// Bytes of that piece.
    pub(super) fragment_len: u64,
    /// Lines that a crash has lost: first and last.
    pub(super) lost: Option<(u64, u64)>,
}

/// Why a log does not go on.
#[derive(Debug)]
pub(super) enum Broken {
    Io(io::Error),
    Tampered(&'static str),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Tail {
    /// Finds it in a log of `len` bytes.
    pub(super) fn find(
        log: &dyn ReadAt,
        len: u64,
        head: &Head,
        boot: &Boot,
        key: &Secret<32>,
    ) -> Result<Self, Broken> {
        let start = len.saturating_sub(WINDOW_LEN as u64);
        let mut window = vec![0; usize::try_from(len - start).expect("the window is small")];
        log.read_exact_at(&mut window, start)?;
        let whole_len = window.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        if whole_len == 0 && start > 0 {
            return Err(Broken::Tampered("its end is no line"));
        }
        let fragment_len = (window.len() - whole_len) as u64;
        let tail = |seq, mac, lost| Self { seq, mac, len: len - fragment_len, fragment_len, lost };
        let cut = Broken::Tampered(
            "its last lines are missing, and the machine has run on since they were written",
        );
        let runs_on = boot::is_same(&head.boot, boot);
        if whole_len == 0 {
            return match head {
                Head { seq: 0, .. } => Ok(tail(0, [0; 32], None)),
                Head { synced_seq: 0, .. } if runs_on => Err(cut),
                Head { synced_seq: 0, .. } => Ok(tail(head.seq, head.mac, Some((1, head.seq)))),
                _ => Err(Broken::Tampered("it is empty or missing, and the vault remembers lines in it")),
            };
        }
        let last_start =
            window[..whole_len - 1].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let edited = Broken::Tampered("its last line was edited");
        let last = Line::authentic(&window[last_start..whole_len - 1], key);
        let Some((last, mac)) = last.and_then(|line| line.mac_bytes().map(|mac| (line, mac))) else {
            return Err(edited);
        };
        if last.seq == head.seq {
            if mac != head.mac {
                return Err(Broken::Tampered("its last line is not the one that the vault remembers"));
            }
            return Ok(tail(last.seq, mac, None));
        }
        if last.seq < head.seq {
            if last.seq < head.synced_seq {
                return Err(Broken::Tampered("it ends before the line that the vault remembers"));
            }
            if runs_on {
                return Err(cut);
            }
            return Ok(tail(head.seq, head.mac, Some((last.seq + 1, head.seq))));
        }
        check_ahead(log, len - fragment_len, head, key)?;
        Ok(tail(last.seq, mac, None))
    }
}

/// The lines that the vault does not know yet. A crash leaves one; a power cut leaves several, if none but the last
/// was waited for. More than that means that an earlier state of the vault was put back.
fn check_ahead(log: &dyn ReadAt, len: u64, head: &Head, key: &Secret<32>) -> Result<(), Broken> {
    let mut text = vec![0; usize::try_from(len).map_err(|_| Broken::Tampered("it is absurdly long"))?];
    log.read_exact_at(&mut text, 0)?;
    let mut lines = Vec::new();
    // From the end on, until the line that the vault remembers.
    for bytes in text[..text.len() - 1].rsplit(|&byte| byte == b'\n') {
        let line = Line::authentic(bytes, key).ok_or(Broken::Tampered("a line was edited"))?;
        if line.seq <= head.seq {
            break;
        }
        lines.push(line);
    }
    let (mut seq, mut mac) = (head.seq, head.mac);
    for (left, line) in lines.iter().enumerate().rev() {
        if line.seq != seq + 1 || !line.follows(&mac) {
            return Err(Broken::Tampered("lines were removed or exchanged near its end"));
        }
        if line.synced && left > 0 {
            return Err(Broken::Tampered(
                "the vault is older than it: an earlier state of the vault was put back",
            ));
        }
        (seq, mac) = (line.seq, line.mac_bytes().expect("checked when the line was read"));
    }
    Ok(())
}

/// More than a line may have.
const WINDOW_LEN: usize = 64 * 1024;
