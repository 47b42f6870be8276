//! What is staged for the next commit: asked of git, so that what is scanned is what would be committed, whatever the
//! working tree has meanwhile.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::error::Error;

/// A staged file.
pub(super) struct Staged {
    /// From the working directory on.
    pub(super) path: PathBuf,
    /// The id of its content.
    blob: String,
}

/// The files that were added or changed, in the order of their paths; under `paths`, if there are any.
pub(super) fn list(dir: &Path, paths: &[PathBuf]) -> Result<Vec<Staged>, Error> {
    let prefix = output(git(dir).args(["rev-parse", "--show-prefix"]))?;
    let prefix = path_of(prefix.strip_suffix(b"\n").unwrap_or(&prefix));
    let mut diff = git(dir);
    diff.args(["diff", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames", "--diff-filter=ACMRT"]);
    diff.args(["--no-ext-diff", "--ignore-submodules=all", "--"]).args(paths);
    let mut staged = parse(&output(&mut diff)?, &prefix)?;
    staged.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(staged)
}

/// A `git` that gives the contents of blobs, one after the other.
pub(super) struct Blobs {
    git: Child,
    ids: ChildStdin,
    contents: BufReader<ChildStdout>,
}

impl Blobs {
    pub(super) fn open(dir: &Path) -> Result<Self, Error> {
        let mut command = git(dir);
        command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut git = command.stderr(Stdio::null()).spawn().map_err(Error::NoGit)?;
        let ids = git.stdin.take().expect("it is piped");
        let contents = BufReader::new(git.stdout.take().expect("it is piped"));
        Ok(Self { git, ids, contents })
    }

    /// The first `max_len` bytes of a staged file, and how many it has.
    pub(super) fn read(&mut self, staged: &Staged, max_len: u64) -> Result<(Vec<u8>, u64), Error> {
        self.ids.write_all(format!("{}\n", staged.blob).as_bytes()).map_err(Error::Read)?;
        self.ids.flush().map_err(Error::Read)?;
        let mut answer = String::new();
        self.contents.read_line(&mut answer).map_err(Error::Read)?;
        let mut words = answer.split_ascii_whitespace();
        let (Some(_), Some("blob"), Some(Ok(len))) =
            (words.next(), words.next(), words.next().map(str::parse::<u64>))
        else {
            return Err(Error::Git("the staged content is not in the repository".into()));
        };
        let mut content = Vec::new();
        self.contents.by_ref().take(len.min(max_len)).read_to_end(&mut content).map_err(Error::Read)?;
        // What is left of it, and the newline behind it.
        let rest = len - content.len() as u64 + 1;
        io::copy(&mut self.contents.by_ref().take(rest), &mut io::sink()).map_err(Error::Read)?;
        Ok((content, len))
    }
}

impl Drop for Blobs {
    fn drop(&mut self) {
        let _ = self.git.kill();
        let _ = self.git.wait();
    }
}

fn git(dir: &Path) -> Command {
    let mut command = Command::new("git");
    // A name is a name, whatever characters it has; and nothing is to wait for a terminal.
    command.arg("-C").arg(dir).arg("--literal-pathspecs").stdin(Stdio::null());
    command
}

fn output(command: &mut Command) -> Result<Vec<u8>, Error> {
    let output = command.output().map_err(Error::NoGit)?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let first = words.lines().next().unwrap_or_default().trim_start_matches("fatal: ");
        return Err(Error::Git(if first.is_empty() { output.status.to_string() } else { first.to_owned() }));
    }
    Ok(output.stdout)
}

/// Reads `:mode mode id id status NUL path NUL`, over and over.
fn parse(diff: &[u8], prefix: &Path) -> Result<Vec<Staged>, Error> {
    let odd = || Error::Git("it lists what is staged in an unknown form".into());
    let mut fields = diff.split(|&byte| byte == 0).filter(|field| !field.is_empty());
    let mut staged = Vec::new();
    while let Some(about) = fields.next() {
        let path = fields.next().ok_or_else(odd)?;
        let about = std::str::from_utf8(about).map_err(|_| odd())?;
        let words: Vec<&str> = about.split(' ').collect();
        let [_, mode, _, blob, _] = words[..] else { return Err(odd()) };
        // Links and submodules have no content of their own.
        if mode.starts_with("100") {
            staged.push(Staged { path: from(prefix, &path_of(path)), blob: blob.to_owned() });
        }
    }
    Ok(staged)
}

/// A path from the repository's root on as it is called from the directory `prefix` in it.
fn from(prefix: &Path, path: &Path) -> PathBuf {
    let common = prefix.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    let up = prefix.components().skip(common).map(|_| "..");
    up.map(PathBuf::from).chain(std::iter::once(path.components().skip(common).collect())).collect()
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    OsStr::from_bytes(bytes).into()
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_where_one_is() {
        for (prefix, path, told) in
            [("", "a/b", "a/b"), ("a/", "a/b", "b"), ("a/c/", "a/b", "../b"), ("x/y/", "a/b", "../../a/b")]
        {
            assert_eq!(from(Path::new(prefix), Path::new(path)), Path::new(told));
        }
    }
}
