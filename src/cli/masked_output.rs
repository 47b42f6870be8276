//! What a program under this one prints, with the secrets taken out on its way.

use std::fs::File;
use std::io::{self, Read, Write};
use std::process::Child;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::mask::{MaskWriter, Masker};

/// Both streams of a program, read and written by threads of their own.
pub(super) struct MaskedOutput {
    writers: Vec<Arc<Writer>>,
    ticks: Receiver<()>,
}

/// Gone once its stream has ended.
type Writer = Mutex<Option<MaskWriter<File>>>;

impl MaskedOutput {
    /// Takes over what `child` prints: it was started with pipes.
    pub(super) fn of(child: &mut Child, masker: &Masker) -> io::Result<Self> {
        let (sender, ticks) = mpsc::channel();
        let mut writers = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            writers.push(forward(stdout, masker.writer(raw_stdout()?), sender.clone()));
        }
        if let Some(stderr) = child.stderr.take() {
            writers.push(forward(stderr, masker.writer(raw_stderr()?), sender));
        }
        Ok(Self { writers, ticks })
    }

    /// Waits for both ends, after the program's own. A process that it has left behind may hold them open for
    /// ever: what comes a second after the last is not waited for.
    pub(super) fn finish(self) {
        while self.ticks.recv_timeout(PATIENCE).is_ok() {}
        for writer in &self.writers {
            end(writer);
        }
    }
}

fn forward<R: Read + Send + 'static>(mut from: R, to: MaskWriter<File>, sender: Sender<()>) -> Arc<Writer> {
    let writer = Arc::new(Mutex::new(Some(to)));
    let shared = Arc::clone(&writer);
    thread::spawn(move || {
        let mut piece = Zeroizing::new(vec![0; PIECE_LEN]);
        loop {
            let len = match from.read(&mut piece) {
                Ok(0) => break,
                Ok(len) => len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            let mut writer = shared.lock().unwrap_or_else(PoisonError::into_inner);
            // Where nobody reads any more, the program hears of it as it would without this in between.
            if writer.as_mut().is_none_or(|writer| writer.write_all(&piece[..len]).is_err()) {
                break;
            }
            drop(writer);
            let _ = sender.send(());
        }
        end(&shared);
    });
    writer
}

/// Writes what was held back for the rest of its line.
fn end(writer: &Writer) {
    let writer = writer.lock().unwrap_or_else(PoisonError::into_inner).take();
    let _ = writer.map(MaskWriter::finish);
}

fn raw_stdout() -> io::Result<File> {
    Ok(std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned()?.into())
}

fn raw_stderr() -> io::Result<File> {
    Ok(std::os::fd::AsFd::as_fd(&io::stderr()).try_clone_to_owned()?.into())
}

const PATIENCE: Duration = Duration::from_secs(1);
const PIECE_LEN: usize = 64 << 10;
