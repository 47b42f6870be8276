//! Seals plaintexts under one master key.

use std::io::{Read, Write};

use super::opener::payload_context;
use super::{ChecksumPolicy, Error, Metadata};
use crate::base::{Clock, Progress, ReadAt, SystemClock, WriteAt, fill_random, to_rfc3339};
use crate::crypto::Backend;
use crate::engine::{Hashes, PayloadCipher, seal_payload, seal_stream};
use crate::format::geometry::SALT_LEN;
use crate::format::limits::DEFAULT_ITERATIONS;
use crate::format::{CopyName, Core, Geometry, Header, HeaderCopy};
use crate::keys::{FileKey, KeyWrapper, MasterKey};

/// Seals any number of files under one master key. A passphrase goes through PBKDF2 once for all of them.
///
/// ```
/// use modelcrypt::base::Silent;
/// use modelcrypt::envelope::{Sealer, open_stream};
/// use modelcrypt::keys::MasterKey;
///
/// let key = MasterKey::generate()?;
/// let mut sealed = Vec::new();
/// Sealer::new(&key)?.seal_stream(&mut &b"weights"[..], &mut sealed, &Silent)?;
/// let mut opened = Vec::new();
/// open_stream(&key, &mut &sealed[..], &mut opened, &Silent)?;
/// assert_eq!(opened, b"weights");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Sealer<'k> {
    wrapper: KeyWrapper<'k>,
    checksum: ChecksumPolicy,
    clock: &'k dyn Clock,
    backend: Backend,
}

/// What is known of a plaintext before it is sealed.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Its length in bytes.
    pub plaintext_len: u64,
    /// Its base name, as bytes.
    pub name: Option<Vec<u8>>,
    /// Its permission bits.
    pub mode: Option<u32>,
    /// Its time of last change in nanoseconds since 1970.
    pub mtime_ns: Option<i128>,
    /// Since when it has been under its master key, if it was before (RFC 3339).
    pub key_since: Option<String>,
}

/// A file that was sealed: what a sidecar says, and what reads it back without a slot.
pub struct Sealed {
    /// The header, the same in both copies.
    pub header: HeaderCopy,
    /// Its key.
    pub file_key: FileKey,
    /// What was sealed beside the plaintext.
    pub metadata: Metadata,
    /// Bytes of plaintext and of the file.
    pub geometry: Geometry,
    /// SHA-256 of all bytes behind the header, if the policy asked for it.
    pub payload_sha256: Option<[u8; 32]>,
}

impl<'k> Sealer<'k> {
    /// Under `key`, with the default number of PBKDF2 iterations if it is a passphrase.
    pub fn new(key: &'k MasterKey) -> Result<Self, Error> {
        Self::with_iterations(key, DEFAULT_ITERATIONS)
    }

    /// Under `key`, with 100,000 to 10,000,000 PBKDF2 iterations if it is a passphrase.
    pub fn with_iterations(key: &'k MasterKey, iterations: u32) -> Result<Self, Error> {
        Ok(Self {
            wrapper: KeyWrapper::new(key, iterations)?,
            checksum: ChecksumPolicy::default(),
            clock: &SystemClock,
            backend: Backend::default(),
        })
    }

    /// Makes these checksums.
    #[must_use]
    pub fn checksum(self, checksum: ChecksumPolicy) -> Self {
        Self { checksum, ..self }
    }

    /// The same with these checksums; a passphrase's salt stays the same.
    #[must_use]
    pub fn with_policy(&self, checksum: ChecksumPolicy) -> Self {
        Self { checksum, ..*self }
    }

    /// Takes the time from `clock`.
    #[must_use]
    pub fn clock(self, clock: &'k dyn Clock) -> Self {
        Self { clock, ..self }
    }

    /// Has `backend` do the bulk of the work.
    #[must_use]
    pub fn backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }

    /// Seals `about.plaintext_len` bytes of `source` into `sink`: the payload first, both header copies
    /// last, so that an unfinished file never opens. Nothing is synced.
    pub fn seal(
        &self,
        source: &dyn ReadAt,
        about: Source,
        sink: &dyn WriteAt,
        progress: &dyn Progress,
    ) -> Result<Sealed, Error> {
        let geometry = Geometry::of_plaintext(about.plaintext_len)?;
        let mut draft = self.draft(Some(about.plaintext_len), about)?;
        let wanted = match self.checksum {
            ChecksumPolicy::Plaintext => Hashes::PLAINTEXT,
            ChecksumPolicy::None => Hashes::NONE,
            ChecksumPolicy::Both => Hashes::BOTH,
        };
        let hashes = seal_payload(&draft.cipher, geometry, source, sink, wanted, progress)?;
        draft.metadata.sha256 = hashes.plaintext;
        let header = write_header(&draft.file_key, draft.header, &draft.metadata)?;
        for copy in [CopyName::A, CopyName::B] {
            sink.write_all_at(header.image(), copy.offset())?;
        }
        let Draft { file_key, metadata, .. } = draft;
        Ok(Sealed { header, file_key, metadata, geometry, payload_sha256: hashes.payload })
    }

    /// Seals all that `input` has into `output`, which need not be seekable: the headers come first and the
    /// length stays unknown. Returns the plaintext's length.
    pub fn seal_stream(
        &self,
        input: &mut dyn Read,
        output: &mut dyn Write,
        progress: &dyn Progress,
    ) -> Result<u64, Error> {
        let mut draft = self.draft(None, Source::default())?;
        draft.metadata.checksum = ChecksumPolicy::None;
        let header = write_header(&draft.file_key, draft.header, &draft.metadata)?;
        output.write_all(header.image())?;
        output.write_all(header.image())?;
        Ok(seal_stream(&draft.cipher, input, output, progress)?)
    }

    fn draft(&self, plaintext_len: Option<u64>, about: Source) -> Result<Draft, Error> {
        let mut core = Core { file_id: [0; 32], plaintext_len };
        fill_random(&mut core.file_id)?;
        let file_key = FileKey::generate()?;
        let slots = vec![self.wrapper.wrap(&file_key, &core)?];
        let header = Header { core, generation: 1, header_salt: [0; 32], slots, sealed_metadata: Vec::new() };
        let mut payload_salt = [0; SALT_LEN];
        fill_random(&mut payload_salt)?;
        let input_key = file_key.payload_input_key(&core);
        let cipher =
            PayloadCipher::derive(self.backend, &input_key, &payload_salt, &payload_context(&header));
        let created = to_rfc3339(self.clock.now());
        let metadata = Metadata {
            name: about.name,
            mode: about.mode,
            mtime_ns: about.mtime_ns,
            sha256: None,
            checksum: self.checksum,
            key_since: about.key_since.unwrap_or_else(|| created.clone()),
            created,
            tool: TOOL.into(),
            unknown: std::collections::BTreeMap::new(),
        };
        Ok(Draft { header, file_key, metadata, cipher })
    }
}

/// Seals the metadata into the header and writes the copy that goes to both places.
pub(super) fn write_header(
    file_key: &FileKey,
    mut header: Header,
    metadata: &Metadata,
) -> Result<HeaderCopy, Error> {
    metadata.seal(file_key, &mut header)?;
    Ok(header.encode(|authenticated| file_key.header_mac(&header.core, authenticated))?)
}

/// A file about to be sealed.
struct Draft {
    header: Header,
    file_key: FileKey,
    metadata: Metadata,
    cipher: PayloadCipher,
}

const TOOL: &str = concat!("modelcrypt ", env!("CARGO_PKG_VERSION"));
