//! What sort of file it is: by its first bytes, and its name where they do not tell.

use std::path::Path;

use crate::tensors::Gguf;

/// What sort of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scan) enum Kind {
    /// Sealed by this program.
    Sealed,
    Safetensors,
    Gguf,
    /// A Jupyter notebook.
    Notebook,
    /// JSON that has a vocabulary in it, or is one.
    Vocabulary,
    /// Text in UTF-16, its bytes in this order.
    Utf16 {
        big_endian: bool,
    },
    /// UTF-8, or one byte for each character.
    Text,
    /// None of these, and with bytes that no text has.
    Binary,
}

impl Kind {
    /// Of the file at `path` whose first [`HEAD_LEN`] bytes, or all if there are fewer, are `head`.
    pub(in crate::scan) fn of(path: &Path, head: &[u8], len: u64) -> Self {
        if head.starts_with(&SEALED_MAGIC) {
            return Self::Sealed;
        }
        // A text may begin with these letters; a version has zeros.
        if Gguf::is_magic(head) && head.get(4..8).is_some_and(|version| version.contains(&0)) {
            return Self::Gguf;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let ends_in = |ending| name.ends_with(ending);
        if begins_as_safetensors(head, len) || ends_in(".safetensors") && head.contains(&0) {
            return Self::Safetensors;
        }
        match head {
            [0xff, 0xfe, 0, 0, ..] => return Self::Binary,
            [0xff, 0xfe, ..] => return Self::Utf16 { big_endian: false },
            [0xfe, 0xff, ..] => return Self::Utf16 { big_endian: true },
            _ if head.contains(&0) => return Self::Binary,
            _ => {}
        }
        match name.as_str() {
            _ if ends_in(".ipynb") => Self::Notebook,
            name if VOCABULARIES.contains(&name) => Self::Vocabulary,
            _ => Self::Text,
        }
    }
}

/// The length of a header that fits into the file, and its first byte.
fn begins_as_safetensors(head: &[u8], len: u64) -> bool {
    let Some((header_len, json)) = head.split_first_chunk::<8>() else { return false };
    let header_len = u64::from_le_bytes(*header_len);
    json.first() == Some(&b'{') && header_len >= 2 && header_len <= len - 8
}

/// How much of a file tells what it is.
pub(in crate::scan) const HEAD_LEN: usize = 8192;

/// The first bytes of a sealed file (`docs/format.md`).
const SEALED_MAGIC: [u8; 8] = *b"\x89MCF\r\n\x1a\n";

const VOCABULARIES: [&str; 5] =
    ["tokenizer.json", "tokenizer_config.json", "vocab.json", "added_tokens.json", "special_tokens_map.json"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_tell_before_the_name_does() {
        for (name, head, kind) in [
            ("a.txt", &b"\x89MCF\r\n\x1a\n\0\x01"[..], Kind::Sealed),
            ("a.txt", b"GGUF\x03\0\0\0", Kind::Gguf),
            ("a.bin", b"\x02\0\0\0\0\0\0\0{}", Kind::Safetensors),
            ("a.safetensors", b"\xff\0\0\0\0\0\0\0{}", Kind::Safetensors),
            ("a.bin", b"\xff\0\0\0\0\0\0\0{}", Kind::Binary),
            ("a.txt", b"\xff\xfea\0", Kind::Utf16 { big_endian: false }),
            ("a.txt", b"\xfe\xff\0a", Kind::Utf16 { big_endian: true }),
            ("a.txt", b"PK\x03\x04\0\0", Kind::Binary),
            ("A.IPYNB", b"{}", Kind::Notebook),
            ("vocab.json", b"{}", Kind::Vocabulary),
            ("a", b"caf\xe9", Kind::Text),
            ("a", b"", Kind::Text),
        ] {
            assert_eq!(Kind::of(Path::new(name), head, head.len() as u64), kind, "{name} {head:?}");
        }
    }
}
