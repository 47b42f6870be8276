//! How long the verbs take against `cp` of the same files in the same run, and how much memory they need.
//!
//! `cargo bench --bench against_cp` works in `/dev/shm` if that has room, else in the temporary directory; `-- DIR` names another place, and
//! `-- --quick` takes small files and fewer runs. Every run writes new files, and a `cp` comes before everything that is measured against it.
//! What it prints is for people to read: no clock makes it fail. On a disk the ratios say less than on a tmpfs, for `cp` leaves its bytes in
//! the cache while `modelcrypt` waits until they are safe.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

#[path = "against_cp/child.rs"]
mod child;
#[path = "against_cp/guests.rs"]
mod guests;
#[path = "against_cp/place.rs"]
mod place;
#[path = "against_cp/table.rs"]
mod table;

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::mem;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use child::{peak_memory, time};
use place::{GIB, KIB, MIB, Place, length, remove};
use table::Table;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let request = Request::parse(env::args_os().skip(1))?;
    let scale = request.scale;
    let place = Place::new(request.folder, scale.room())?;
    println!("in {}", place.told());
    println!("medians; each ratio is to the first line of its part\n");
    let bench = Bench { key: keygen(&place.path("master.key"))?, place, scale };
    table::print_header();
    bench.against_cp(1, scale.file_len)?;
    bench.against_cp(PART_COUNT, scale.part_len)?;
    bench.temporary_decrypt()?;
    bench.peak_memory()?;
    bench.rewrap()?;
    bench.inspect()
}

/// What the command line asks for.
struct Request {
    scale: Scale,
    folder: Option<PathBuf>,
}

impl Request {
    fn parse(args: impl Iterator<Item = OsString>) -> Outcome<Self> {
        let mut request = Self { scale: Scale::FULL, folder: None };
        for arg in args {
            match arg.to_str() {
                // Cargo passes it to every benchmark.
                Some("--bench") => {}
                Some("--quick") => request.scale = Scale::QUICK,
                Some(flag) if flag.starts_with('-') => {
                    return Err(format!("unknown flag `{flag}`: [--quick] [DIR]").into());
                }
                _ => request.folder = Some(arg.into()),
            }
        }
        Ok(request)
    }
}

/// How large the files are and how often they are worked on.
#[derive(Clone, Copy)]
struct Scale {
    runs: usize,
    file_len: u64,
    part_len: u64,
    /// The file whose sealing shows the peak of memory.
    tall_len: u64,
    /// The file that `rewrap` must not take longer for than for a short one.
    long_len: u64,
}

impl Scale {
    const FULL: Self =
        Self { runs: 5, file_len: GIB, part_len: 256 * MIB, tall_len: 4 * GIB, long_len: 2 * GIB };
    const QUICK: Self = Self {
        runs: 3,
        file_len: 64 * MIB,
        part_len: 16 * MIB,
        // Held in memory whole, it would show.
        tall_len: 256 * MIB,
        long_len: 64 * MIB,
    };

    /// The bytes on the disk when most are there: a source, a copy and what the guests make of it, or the tall file in both forms.
    fn room(&self) -> u64 {
        (6 * self.file_len).max(2 * self.tall_len) + 64 * MIB
    }
}

struct Bench {
    place: Place,
    scale: Scale,
    key: PathBuf,
}

impl Bench {
    /// Encrypts and decrypts `file_count` files, beside the source and in place.
    fn against_cp(&self, file_count: usize, file_len: u64) -> Outcome<()> {
        let path = |name: &str| self.place.path(name);
        let (source, copy, other, sealed, opened) =
            (path("source"), path("copy"), path("other"), path("sealed"), path("opened"));
        let files: Vec<PathBuf> =
            (0..file_count).map(|n| source.join(format!("model-{n}.safetensors"))).collect();
        files.iter().try_for_each(|file| place::random_file(file, file_len))?;

        let mut steps = [
            cp(&source, &copy).then_remove(&[&copy]),
            Step::new("encrypt --output", self.verb_to("encrypt", &source, &sealed)),
            cp(&source, &copy).then_remove(&[&copy]),
            Step::new("decrypt --output", self.verb_to("decrypt", &sealed, &opened))
                .then_remove(&[&sealed, &opened]),
            cp(&source, &copy),
            Step::new("encrypt in place", self.verb("encrypt", &copy)),
            cp(&source, &other).then_remove(&[&other]),
            Step::new("decrypt in place", self.verb("decrypt", &copy)).then_remove(&[&copy]),
        ];
        let mut guests =
            if let [file] = files.as_slice() { guests::find(file, &self.place)? } else { vec![] };
        let mut cp_before_guest = cp(&source, &copy).then_remove(&[&copy]);

        let mut table = Table::new(match file_count {
            1 => format!("one file of {}, {} runs", length(file_len), self.scale.runs),
            _ => format!("{file_count} files of {}, {} runs", length(file_len), self.scale.runs),
        });
        for _ in 0..self.scale.runs {
            for step in &mut steps {
                step.run(&mut table)?;
            }
            for guest in mem::take(&mut guests) {
                cp_before_guest.run(&mut table)?;
                guests.extend(guest.run_or_leave(&mut table));
            }
            guests.iter().try_for_each(|guest| remove(&guest.output))?;
        }
        table.print();
        remove(&source)
    }

    /// Opens a model into memory files, as `run` and `temporary_decrypt` do.
    #[cfg(unix)]
    fn temporary_decrypt(&self) -> Outcome<()> {
        use modelcrypt::{KeySource, ModelDir, Place, temporary_decrypt};
        let (folder, copy) = (self.place.path("guarded"), self.place.path("copy"));
        place::random_file(&folder.join("model.safetensors"), self.scale.file_len)?;
        let mut copying = cp(&folder, &copy).then_remove(&[&copy]);
        let mut table = Table::new(format!(
            "into memory files, {}, {} runs",
            length(self.scale.file_len),
            self.scale.runs
        ));
        let sealed = self.place.path("sealed");
        time(&mut self.verb_to("encrypt", &folder, &sealed))?;
        let key = KeySource::file(&self.key).load()?;
        for _ in 0..self.scale.runs {
            copying.run(&mut table)?;
            let begin = Instant::now();
            let guard = temporary_decrypt(&ModelDir::open(&sealed)?, &key, Place::default())?;
            table.add("temporary_decrypt", begin.elapsed());
            guard.close()?;
        }
        table.print();
        remove(&folder)?;
        remove(&sealed)
    }

    #[cfg(not(unix))]
    fn temporary_decrypt(&self) -> Outcome<()> {
        Ok(())
    }

    fn peak_memory(&self) -> Outcome<()> {
        let folder = self.place.path("tall");
        place::random_file(&folder.join("model.safetensors"), self.scale.tall_len)?;
        println!("peak memory, one file of {}, 1 run", length(self.scale.tall_len));
        for (what, verb) in [("encrypt in place", "encrypt"), ("decrypt in place", "decrypt")] {
            let peak = peak_memory(&mut self.verb(verb, &folder))?;
            table::print_value(
                what,
                &peak.map_or("not told here".into(), |len| format!("{} MiB", len / MIB)),
            );
        }
        println!();
        remove(&folder)
    }

    /// Changes the key of a long and a short file to and fro.
    fn rewrap(&self) -> Outcome<()> {
        let (short, long) = (self.place.path("short"), self.place.path("long"));
        for (folder, len) in [(&short, MIB), (&long, self.scale.long_len)] {
            place::random_file(&folder.join("model.safetensors"), len)?;
            time(&mut self.verb("encrypt", folder))?;
        }
        let mut keys = [self.key.clone(), keygen(&self.place.path("new.key"))?];
        let mut table = Table::new(format!("rewrap, {SHORT_RUNS} runs"));
        for _ in 0..SHORT_RUNS {
            for (folder, len) in [(&short, MIB), (&long, self.scale.long_len)] {
                let mut command = modelcrypt("rewrap", folder);
                command.arg("--key-file").arg(&keys[0]).arg("--new-key-file").arg(&keys[1]);
                table.add(&format!("a file of {}", length(len)), time(&mut command)?);
            }
            keys.swap(0, 1);
        }
        table.print();
        remove(&short)?;
        remove(&long)
    }

    /// Takes the time from start-up to exit.
    fn inspect(&self) -> Outcome<()> {
        let folder = self.place.path("small");
        place::random_file(&folder.join("model.safetensors"), 4 * KIB)?;
        time(&mut self.verb("encrypt", &folder))?;
        let mut table = Table::new(format!("start-up to exit, {SHORT_RUNS} runs"));
        for _ in 0..SHORT_RUNS {
            let mut command = self.verb("inspect", &folder.join("model.safetensors.enc"));
            table.add("inspect, raw key, a file of 4 KiB", time(&mut command)?);
        }
        table.print();
        remove(&folder)
    }

    fn verb(&self, verb: &str, path: &Path) -> Command {
        let mut command = modelcrypt(verb, path);
        command.arg("--key-file").arg(&self.key);
        command
    }

    fn verb_to(&self, verb: &str, path: &Path, output: &Path) -> Command {
        let mut command = self.verb(verb, path);
        command.arg("--output").arg(output);
        command
    }
}

/// A command that is run again and again, and what goes after each of its runs.
struct Step {
    what: &'static str,
    command: Command,
    leftovers: Vec<PathBuf>,
}

impl Step {
    fn new(what: &'static str, command: Command) -> Self {
        Self { what, command, leftovers: Vec::new() }
    }

    fn then_remove(self, leftovers: &[&Path]) -> Self {
        Self { leftovers: leftovers.iter().map(|path| path.to_path_buf()).collect(), ..self }
    }

    fn run(&mut self, table: &mut Table) -> Outcome<()> {
        table.add(self.what, time(&mut self.command)?);
        self.leftovers.iter().try_for_each(|path| remove(path))
    }
}

fn cp(from: &Path, to: &Path) -> Step {
    let mut command = Command::new("cp");
    command.arg("-r").arg(from).arg(to);
    Step::new("cp", command)
}

fn keygen(path: &Path) -> Outcome<PathBuf> {
    let mut command = Command::new(MODELCRYPT);
    command.args(["keygen", "--quiet", "--output"]).arg(path);
    time(&mut command)?;
    Ok(path.to_owned())
}

fn modelcrypt(verb: &str, path: &Path) -> Command {
    let mut command = Command::new(MODELCRYPT);
    command.args([verb, "--quiet"]).arg(path).env_remove("MODELCRYPT_KEY");
    command
}

const MODELCRYPT: &str = env!("CARGO_BIN_EXE_modelcrypt");
const PART_COUNT: usize = 4;
/// How often what takes only milliseconds is run.
const SHORT_RUNS: usize = 50;
