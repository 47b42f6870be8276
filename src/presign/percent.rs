//! Percent-encoding (RFC 3986): every byte but the unreserved ones, in upper-case hexadecimal.

/// What becomes of a slash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slash {
    Kept,
    Encoded,
}

/// Appends `bytes`, encoded.
pub(super) fn encode_onto(text: &mut String, bytes: &[u8], slash: Slash) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let kept_len = rest.iter().position(|&byte| !is_kept(byte, slash)).unwrap_or(rest.len());
        let (kept, after) = rest.split_at(kept_len);
        text.push_str(std::str::from_utf8(kept).expect("what is kept is ASCII"));
        if let Some(byte) = after.first() {
            let [high, low] = [byte >> 4, byte & 15].map(|digit| char::from(HEX[usize::from(digit)]));
            text.extend(['%', high, low]);
        }
        rest = after.get(1..).unwrap_or_default();
    }
}

/// The length of `bytes` once encoded.
pub(super) fn encoded_len(bytes: &[u8], slash: Slash) -> usize {
    bytes.iter().map(|&byte| if is_kept(byte, slash) { 1 } else { 3 }).sum()
}

/// Decodes what is encoded in the one canonical way: nothing that need not be, in upper case, and of the rest only
/// unreserved bytes and those of `also`. `None` for anything else.
pub(super) fn decode_canonical(text: &str, also: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            if !is_unreserved(byte) && !also.contains(&byte) {
                return None;
            }
            bytes.push(byte);
            continue;
        }
        let (&[high, low], after) = after.split_first_chunk()?;
        let decoded = digit(high)? << 4 | digit(low)?;
        if is_unreserved(decoded) {
            return None;
        }
        bytes.push(decoded);
        rest = after;
    }
    Some(bytes)
}

fn digit(hex: u8) -> Option<u8> {
    match hex {
        b'0'..=b'9' => Some(hex - b'0'),
        b'A'..=b'F' => Some(hex - b'A' + 10),
        _ => None,
    }
}

fn is_kept(byte: u8, slash: Slash) -> bool {
    is_unreserved(byte) || (byte == b'/' && slash == Slash::Kept)
}

/// RFC 3986, section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(bytes: &[u8], slash: Slash) -> String {
        let mut text = String::new();
        encode_onto(&mut text, bytes, slash);
        text
    }

    #[test]
    fn every_byte_but_the_unreserved_is_encoded_and_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        let text = encoded(&all, Slash::Encoded);
        assert_eq!(text.matches('%').count(), 256 - 66);
        assert_eq!(text.len(), encoded_len(&all, Slash::Encoded));
        assert_eq!(decode_canonical(&text, b""), Some(all));
        assert_eq!(encoded("a b/+%é~".as_bytes(), Slash::Kept), "a%20b/%2B%25%C3%A9~");
    }

    #[test]
    fn only_the_canonical_form_decodes() {
        for wrong in ["%", "%2", "%2f", "%zz", "%41", "%7E", " ", "é", "a/b", "%%20", "\u{0}"] {
            assert_eq!(decode_canonical(wrong, b""), None, "{wrong:?}");
        }
        assert_eq!(decode_canonical("a/%20", b"/").as_deref(), Some(&b"a/ "[..]));
    }
}
