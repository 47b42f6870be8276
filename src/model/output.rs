//! `--output`: the results go to a directory of their own, laid out as the source tree is, together with
//! the files that need no work, so that the result loads. The source tree is left as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::copy::{copy, copy_sealed};
use super::execute::{self, Subject};
use super::item::{ExtraKind, Item};
use super::locks::{Locks, lock_shared};
use super::model_dir::ModelDir;
use super::options::{DecryptOptions, Destination, EncryptOptions};
use super::recover::recover;
use super::report::{Outcome, Report};
use super::scan::Scan;
use super::seal_file::{Placement, Plaintext, ReadBack, Sealing};
use super::sealed::{SealedFile, not_sealed};
use super::session::View;
use super::{Error, compare, links, names, sidecar};
use crate::base::{Progress, open_regular};
use crate::envelope::Sealer;
use crate::keys::MasterKey;

/// The output must not become part of its own input.
pub(super) fn refuse_inside(roots: &[PathBuf], destination: &Destination) -> Result<(), Error> {
    let Destination::Tree(out) = destination else { return Ok(()) };
    // The output may not exist yet: its nearest ancestor that does tells where it would be.
    let resolved = out.ancestors().find_map(|ancestor| {
        let existing = if ancestor.as_os_str().is_empty() { Path::new(".") } else { ancestor };
        let mut resolved = fs::canonicalize(existing).ok()?;
        for part in out.strip_prefix(ancestor).ok()?.components() {
            match part {
                Component::ParentDir => drop(resolved.pop()),
                part => resolved.push(part),
            }
        }
        Some(resolved)
    });
    for root in roots {
        let inside = fs::canonicalize(root)
            .ok()
            .zip(resolved.as_ref())
            .is_some_and(|(root, out)| out.starts_with(root));
        if inside {
            return Err(Error::OutputInside { output: out.clone(), path: root.clone() });
        }
    }
    Ok(())
}

pub(super) fn encrypt(
    models: &ModelDir,
    view: View,
    out: &Path,
    key: &MasterKey,
    options: &EncryptOptions,
    progress: &dyn Progress,
) -> Result<Report, Error> {
    let iterations = models.iterations(options.iterations, &view.policies);
    let sealer = Sealer::with_iterations(key, iterations)?.checksum(options.checksum);
    let mut jobs = Vec::new();
    for item in view.scan.items.values() {
        let is_kept = item.plain_form.is_none() && item.sealed_wanted && item.is_ours();
        if is_kept || (item.plain_form.is_some() && item.plain_wanted) {
            jobs.push(Job::work(item, names::sealed_path(&out.join(&item.relative))));
        } else {
            jobs.extend(Job::copies(item, out, Sidecars::Copied));
        }
    }
    let works: BTreeSet<_> = jobs.iter().filter_map(|job| Some(job.item?.plain.clone())).collect();
    let relink = |path: &Path| works.contains(path).then(|| names::sealed_path(path));
    let output = Output { models, out, scan: &view.scan, jobs, notices: view.notices, progress };
    output.run(&relink, |item, target, locks, notices| {
        if item.plain_form.is_none() {
            return copy_sealed(item, target, key, notices, progress);
        }
        let publish_sha256 = options.publish_sha256;
        let sealing = Sealing { sealer: &sealer, key, publish_sha256, locks, progress };
        let plaintext = Plaintext::open(&item.plain, options.allow_hardlinks)?;
        lock_shared(&plaintext.file, &item.plain, progress)?;
        let mut replaced = None;
        for standing in [target, &item.sealed].into_iter().filter(|path| path.symlink_metadata().is_ok()) {
            let sealed = SealedFile::open(standing, key, item.naming(false), notices).map_err(|error| {
                if error.is_not_sealed() { Error::InTheWay(standing.to_owned()) } else { error }
            })?;
            let equal = compare::holds(&sealed.reader, &plaintext.file, progress)?;
            if !equal && !options.update {
                return Err(Error::Differs);
            }
            if standing == target {
                if equal {
                    sealed.keep_sidecar(&names::sidecar_path(target), notices, progress)?;
                    return Ok(Outcome::AlreadyDone);
                }
                replaced = Some(sealed.reader);
            }
        }
        let placement = Placement { path: target, replaces: replaced.as_ref(), read_back: ReadBack::No };
        sealing.seal_plaintext(&plaintext, &item.plain, &placement, notices)?;
        Ok(Outcome::Encrypted)
    })
}

pub(super) fn decrypt(
    models: &ModelDir,
    view: View,
    out: &Path,
    key: &MasterKey,
    options: &DecryptOptions,
    progress: &dyn Progress,
) -> Result<Report, Error> {
    let mut jobs = Vec::new();
    for item in view.scan.items.values() {
        if item.sealed_form.is_some() && item.sealed_wanted {
            jobs.push(Job::work(item, out.join(&item.relative)));
        } else {
            jobs.extend(Job::copies(item, out, Sidecars::Left));
        }
    }
    let works: BTreeSet<_> = jobs.iter().filter_map(|job| Some(job.item?.sealed.clone())).collect();
    let relink = |path: &Path| works.contains(path).then(|| names::plain_path(path)).flatten();
    let output = Output { models, out, scan: &view.scan, jobs, notices: view.notices, progress };
    output.run(&relink, |item, target, locks, notices| {
        if !item.is_ours() {
            return Err(not_sealed());
        }
        let sealed = SealedFile::open(&item.sealed, key, item.naming(options.allow_renamed), notices)?;
        lock_shared(sealed.reader.source(), &item.sealed, progress)?;
        let standing_sidecar = sidecar::check(&item.sidecar(), sealed.subject());
        for standing in [target, &item.plain]
            .into_iter()
            .filter(|path| path.symlink_metadata().is_ok() && **path != *item.sealed)
        {
            let plain = open_regular(standing).map_err(Error::io("opening", standing))?;
            if !compare::holds(&sealed.reader, &plain, progress)? {
                return Err(Error::Differs);
            }
            if standing == target {
                return standing_sidecar.accept().map(|()| Outcome::AlreadyDone);
            }
        }
        sealed.open_to(target, locks, notices, progress)?;
        // The plaintext is safe; what was tampered with is for somebody to look at.
        standing_sidecar.accept().map(|()| Outcome::Decrypted)
    })
}

/// One file of the output.
struct Job<'a> {
    /// What is sealed or opened; `None`: copied as it is.
    item: Option<&'a Item>,
    from: PathBuf,
    to: PathBuf,
    plaintext_len: u64,
}

/// Whether sidecars go along with their sealed files.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sidecars {
    Copied,
    Left,
}

impl<'a> Job<'a> {
    fn work(item: &'a Item, to: PathBuf) -> Self {
        Self { item: Some(item), from: item.shown().to_owned(), to, plaintext_len: item.plaintext_len() }
    }

    fn copies(item: &Item, out: &Path, sidecars: Sidecars) -> Vec<Self> {
        let to = out.join(&item.relative);
        let mut copies = Vec::new();
        let mut copy = |from: &Path, to: PathBuf| {
            let plaintext_len = from.metadata().map_or(0, |metadata| metadata.len());
            copies.push(Self { item: None, from: from.to_owned(), to, plaintext_len });
        };
        if item.plain_form.is_some() {
            copy(&item.plain, to.clone());
        }
        if item.sealed_form.is_some() {
            copy(&item.sealed, names::sealed_path(&to));
            let beside = item.sidecar();
            if sidecars == Sidecars::Copied && sidecar::is_ours(&beside) {
                copy(&beside, names::sidecar_path(&names::sealed_path(&to)));
            }
        }
        copies
    }
}

impl Subject for Job<'_> {
    fn path(&self) -> &Path {
        &self.from
    }

    fn plaintext_len(&self) -> u64 {
        self.plaintext_len
    }
}

struct Output<'a> {
    models: &'a ModelDir,
    out: &'a Path,
    scan: &'a Scan,
    jobs: Vec<Job<'a>>,
    notices: Vec<String>,
    progress: &'a dyn Progress,
}

impl Output<'_> {
    /// Makes a directory that lasts, open to no more people than the one it stands for.
    fn make_dir(&self, dir: &Path) -> Result<(), Error> {
        let making = || Error::io("making the directory", dir);
        if dir.is_dir() {
            return Ok(());
        }
        let parent = names::parent(dir);
        self.make_dir(parent)?;
        #[cfg_attr(not(unix), allow(unused_mut, reason = "there are no modes to set"))]
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(dir) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(()),
            made => made.map_err(making())?,
        }
        let stands_for = dir.strip_prefix(self.out).ok().and_then(|below| {
            self.models.roots.iter().map(|root| root.join(below)).find_map(|source| source.metadata().ok())
        });
        if let Some(source) = stands_for.filter(fs::Metadata::is_dir) {
            fs::set_permissions(dir, open_to_owner(source.permissions())).map_err(making())?;
        }
        crate::base::sync_dir(parent).map_err(making())
    }

    /// Makes and locks the directories, does all jobs, then makes the links. `relink` gives the new path of
    /// a link's target if it gets one.
    fn run(
        mut self,
        relink: &dyn Fn(&Path) -> Option<PathBuf>,
        work: impl Fn(&Item, &Path, &Locks, &mut Vec<String>) -> Result<Outcome, Error> + Sync,
    ) -> Result<Report, Error> {
        for extra in self.scan.extras.iter().filter(|extra| extra.kind == ExtraKind::Configuration) {
            let (from, to) = (extra.path.clone(), self.out.join(&extra.relative));
            self.jobs.push(Job { item: None, from, to, plaintext_len: 0 });
        }
        let mut targets = BTreeSet::new();
        if let Some(twice) = self.jobs.iter().find(|job| !targets.insert(&job.to)) {
            return Err(Error::OutputCollision(twice.to.clone()));
        }
        let link_dirs = self.scan.links.iter().filter_map(|link| {
            Some(self.out.join(link.path.strip_prefix(&self.models.roots[link.root]).ok()?.parent()?))
        });
        let dirs: BTreeSet<_> = self
            .jobs
            .iter()
            .map(|job| names::parent(&job.to).to_owned())
            .chain(link_dirs)
            .chain([self.out.to_owned()])
            .collect();
        for dir in &dirs {
            self.make_dir(dir)?;
        }
        refuse_inside(&self.models.roots, &Destination::Tree(self.out.to_owned()))?;
        let locks = Locks::take(dirs.iter().cloned(), self.progress)?;
        let mut report =
            Report { files: recover(&temporaries(&dirs)?, None, self.progress), notices: self.notices };
        let total = self.jobs.iter().filter(|job| job.item.is_some()).map(|job| job.plaintext_len).sum();
        self.progress.begin(self.jobs.len() as u64, total);
        report.files.extend(execute::for_each(&self.jobs, self.progress, |job, notices| match job.item {
            Some(item) => work(item, &job.to, &locks, notices),
            None => copy(&job.from, &job.to, notices),
        }));
        report.files.extend(links::recreate(self.scan, &self.models.roots, self.out, relink));
        Ok(report)
    }
}

/// Of a directory that is read-only a copy must be written all the same.
#[cfg(unix)]
fn open_to_owner(mut permissions: fs::Permissions) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    permissions.set_mode((permissions.mode() & 0o777) | 0o700);
    permissions
}

#[cfg(not(unix))]
fn open_to_owner(permissions: fs::Permissions) -> fs::Permissions {
    permissions
}

fn temporaries(dirs: &BTreeSet<PathBuf>) -> Result<BTreeMap<PathBuf, Option<PathBuf>>, Error> {
    let mut found = BTreeMap::new();
    for dir in dirs {
        for entry in fs::read_dir(dir).map_err(Error::io("reading the directory", dir))? {
            let entry = entry.map_err(Error::io("reading the directory", dir))?;
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if is_file && names::NameKind::of(&entry.file_name()) == names::NameKind::Temporary {
                found.insert(dir.join(entry.file_name()), None);
            }
        }
    }
    Ok(found)
}
