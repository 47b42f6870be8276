//! What a program under this one prints, with the secrets taken out on its way.

use std::fs::File;
use std::io::{self, Read, Write};
use std::process::Child;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

use super::raw;
use crate::mask::{MaskWriter, Masker};

/// Both streams of a program, read and written by threads of their own.
pub(super) struct MaskedOutput {
    streams: Vec<Stream>,
    ticks: Receiver<()>,
}

/// A masking writer to a stream, gone once it has ended.
#[derive(Clone)]
pub(super) struct Stream {
    writer: Arc<Mutex<Option<MaskWriter<File>>>>,
    written: Sender<()>,
}

impl Stream {
    /// Writes whole lines only.
    pub(super) fn of_lines(writer: MaskWriter<File>) -> Self {
        // Nobody hears of what is written.
        let (written, _) = mpsc::channel();
        Self { writer: Arc::new(Mutex::new(Some(writer))), written }
    }

    /// What waits for the rest of its line and can belong to no secret, a prompt or a bar of progress, goes out a
    /// moment after it has come.
    pub(super) fn live(writer: MaskWriter<File>) -> Self {
        let writer = Arc::new(Mutex::new(Some(writer)));
        let (written, receiver) = mpsc::channel();
        let shared = Arc::clone(&writer);
        // Ends with the last sender.
        thread::spawn(move || {
            while receiver.recv().is_ok() {
                thread::sleep(PAUSE);
                while receiver.try_recv().is_ok() {}
                // Whether it can be written is seen by who writes next.
                let _ = locked(&shared).as_mut().map(MaskWriter::release);
            }
        });
        Self { writer, written }
    }

    /// Fails where nobody reads any more, and where it has ended.
    pub(super) fn write(&self, text: &[u8]) -> io::Result<()> {
        let Some(writer) = &mut *locked(&self.writer) else { return Err(io::ErrorKind::BrokenPipe.into()) };
        writer.write_all(text)?;
        let _ = self.written.send(());
        Ok(())
    }

    /// Writes what was held back for the rest of its line.
    pub(super) fn end(&self) -> io::Result<()> {
        let writer = locked(&self.writer).take();
        writer.map_or(Ok(()), |writer| writer.finish().map(drop))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MaskedOutput {
    /// Takes over what `child` prints: it was started with pipes.
    pub(super) fn of(child: &mut Child, masker: &Masker) -> io::Result<Self> {
        let (sender, ticks) = mpsc::channel();
        let mut streams = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            streams.push(forward(stdout, masker.writer(raw::stdout()?), sender.clone()));
        }
        if let Some(stderr) = child.stderr.take() {
            streams.push(forward(stderr, masker.writer(raw::stderr()?), sender));
        }
        Ok(Self { streams, ticks })
    }

    /// Waits for both ends, after the program's own. A process that it has left behind may hold them open for
    /// ever: what comes a second after the last is not waited for.
    pub(super) fn finish(self) {
        while self.ticks.recv_timeout(PATIENCE).is_ok() {}
        for stream in &self.streams {
            let _ = stream.end();
        }
    }
}

fn forward<R: Read + Send + 'static>(mut from: R, to: MaskWriter<File>, sender: Sender<()>) -> Stream {
    let stream = Stream::live(to);
    let shared = stream.clone();
    thread::spawn(move || {
        let mut piece = Zeroizing::new(vec![0; PIECE_LEN]);
        loop {
            let len = match from.read(&mut piece) {
                Ok(0) => break,
                Ok(len) => len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            // Where nobody reads any more, the program hears of it as it would without this in between.
            if shared.write(&piece[..len]).is_err() {
                break;
            }
            let _ = sender.send(());
        }
        let _ = shared.end();
    });
    stream
}

/// Nobody waits for a prompt that long, and a line that is under way is mostly whole by then.
const PAUSE: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(1);
const PIECE_LEN: usize = 64 << 10;
