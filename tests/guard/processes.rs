//! Several processes on one guard, and processes that have no business there.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use modelcrypt::Place;

use crate::common::tree::{Tree, encrypt};
use crate::common::{plaintext, raw_key};
use crate::guarded::{lease_of, memory, open, sealed};
use crate::skip::skip_without_root;

/// Maps `$1` whole, reads every page of it and waits.
const MAP: &str = "
import mmap, sys
with open(sys.argv[1], 'rb') as file:
    mapped = mmap.mmap(file.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ)
sum(mapped[::4096])
print('mapped', flush=True)
sys.stdin.read()
";

struct Mapper(Child);

impl Mapper {
    fn start(path: &Path) -> Self {
        let mut python = Command::new("python3");
        python.args(["-c", MAP]).arg(path).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = python.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "mapped\n");
        Self(child)
    }

    /// Bytes of the mapping of `inode` that are counted as this process's share, and all that it has there.
    fn share(&self, inode: u64) -> (u64, u64) {
        let maps = fs::read_to_string(format!("/proc/{}/smaps", self.0.id())).unwrap();
        let (mut is_ours, mut shared, mut resident) = (false, 0, 0);
        for line in maps.lines() {
            let fields: Vec<_> = line.split_whitespace().collect();
            if fields[0].contains('-') {
                is_ours = fields.get(4) == Some(&&*inode.to_string());
            } else if is_ours && ["Pss:", "Rss:"].contains(&fields[0]) {
                let bytes = fields[1].parse::<u64>().unwrap() * 1024;
                *(if fields[0] == "Pss:" { &mut shared } else { &mut resident }) += bytes;
            }
        }
        (shared, resident)
    }
}

impl Drop for Mapper {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

#[test]
fn many_processes_share_one_copy() {
    const LEN: usize = 8 << 20;
    const PROCESSES: u64 = 8;
    let tree = Tree::new(&[]);
    tree.write("a.bin", plaintext(LEN));
    encrypt(&tree.model(), &raw_key(1));
    let (_dir, place) = memory();
    for place in [Place::Memfd, place] {
        let guard = open(&tree.model(), &place);
        let path = guard.path().join("a.bin");
        let inode = fs::metadata(&path).unwrap().ino();
        let mappers: Vec<_> = (0..PROCESSES).map(|_| Mapper::start(&path)).collect();
        let shares: Vec<_> = mappers.iter().map(|mapper| mapper.share(inode)).collect();
        let len = LEN as u64;
        assert!(shares.iter().all(|(_, resident)| *resident == len), "{place:?}: {shares:?}");
        let together: u64 = shares.iter().map(|(shared, _)| shared).sum();
        // The kernel rounds each share down to a kibibyte.
        assert!(together <= len && together + PROCESSES * 1024 > len, "{place:?}: {together} of {len}");
    }
}

/// `command` as nobody in particular, and then as who we are, for whom it must work.
#[track_caller]
fn assert_only_we_can(command: &[&str]) {
    let run = |user: Option<u32>| {
        let mut line = Command::new(command[0]);
        line.args(&command[1..]);
        if let Some(user) = user {
            line.uid(user).gid(user);
        }
        line.output().unwrap()
    };
    let theirs = run(Some(54_321));
    assert!(!theirs.status.success() && theirs.stdout.is_empty(), "{command:?}: {theirs:?}");
    let ours = run(None);
    assert!(ours.status.success(), "{command:?}: {ours:?}");
}

#[test]
fn another_user_can_neither_look_nor_read() {
    if !rustix::process::geteuid().is_root() {
        return skip_without_root("only root can become somebody else");
    }
    let tree = sealed(&[("a.bin", "weights"), ("deep/b.bin", "weights")]);
    let (_dir, place) = memory();
    for place in [Place::Memfd, place] {
        let guard = open(&tree.model(), &place);
        let (root, file) = (guard.path().to_str().unwrap().to_owned(), guard.path().join("a.bin"));
        let lease = lease_of(&guard).to_str().unwrap().to_owned();
        for dir in [&lease, &root, &format!("{root}/deep")] {
            assert_only_we_can(&["ls", dir]);
            assert_only_we_can(&["touch", &format!("{dir}/planted")]);
        }
        assert_only_we_can(&["cat", file.to_str().unwrap()]);
        if place == Place::Memfd {
            // The link is known to who can guess: process ids are no secret, and numbers are small.
            let link = fs::read_link(&file).unwrap();
            assert!(link.starts_with(format!("/proc/{}/fd", std::process::id())), "{}", link.display());
            assert_only_we_can(&["cat", link.to_str().unwrap()]);
        }
    }
}

/// What a library's user sees of a killed process: nothing but links to nothing, on no file system the bytes.
#[test]
fn memory_files_end_with_the_last_who_holds_them() {
    let tree = Tree::new(&[]);
    tree.write("a.bin", plaintext(100_000));
    encrypt(&tree.model(), &raw_key(1));
    let guard = open(&tree.model(), &Place::Memfd);
    let path = guard.path().join("a.bin");
    let link = fs::read_link(&path).unwrap();
    let mapper = Mapper::start(&path);
    let inode = fs::metadata(&path).unwrap().ino();
    guard.close().unwrap();
    let is_the_same =
        |found: fs::Metadata| found.ino() == inode && found.nlink() == 0 && found.len() == 100_000;
    assert!(!fs::metadata(&link).is_ok_and(is_the_same), "our own descriptor is closed");
    assert_eq!(mapper.share(inode).1, 102_400, "theirs lives on");
}
