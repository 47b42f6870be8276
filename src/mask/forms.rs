//! The forms that a secret takes in text.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, Encoding, HEXLOWER, HEXUPPER};
use zeroize::Zeroizing;

/// One form of a secret.
pub(super) struct Form {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) edges: Edges,
}

/// Which neighbours of a form carry bits of the secret too: base64 does not begin and end where bytes do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Edges {
    pub(super) before: bool,
    pub(super) after: bool,
}

/// Every form of `secret`, each once.
pub(super) fn forms(secret: &[u8]) -> Vec<Form> {
    let mut forms = vec![plain(secret.to_vec())];
    for encoding in [&BASE64_NOPAD, &BASE64URL_NOPAD] {
        forms.extend((0..3).map(|offset| base64(secret, encoding, offset)));
    }
    forms.extend([&HEXLOWER, &HEXUPPER].map(|hex| plain(hex.encode(secret).into_bytes())));
    for digits in [LOWER, UPPER] {
        forms.extend(UNCHANGED.map(|unchanged| plain(percent(secret, digits, unchanged, b"%20"))));
        forms.push(plain(percent(secret, digits, UNCHANGED[1], b"+")));
    }
    if let Ok(text) = std::str::from_utf8(secret) {
        for escapes in ESCAPES {
            let once = Zeroizing::new(escapes.escape(text));
            // JSON in a string of JSON.
            forms.push(plain(escapes.escape(&once).into_bytes()));
            forms.push(plain(once.as_bytes().to_vec()));
        }
    }
    forms.sort_by(|a, b| a.bytes.cmp(&b.bytes));
    forms.dedup_by(|a, b| a.bytes == b.bytes);
    forms
}

fn plain(bytes: Vec<u8>) -> Form {
    Form { bytes: Zeroizing::new(bytes), edges: Edges::default() }
}

/// The characters that `secret` alone determines, where `offset` bytes of a group of three stand before it.
fn base64(secret: &[u8], encoding: &Encoding, offset: usize) -> Form {
    let mut bytes = Zeroizing::new(vec![0; offset]);
    bytes.extend_from_slice(secret);
    let encoded = Zeroizing::new(encoding.encode(&bytes));
    let whole = (offset * 8).div_ceil(6)..bytes.len() * 8 / 6;
    let edges = Edges { before: offset > 0, after: !bytes.len().is_multiple_of(3) };
    Form { bytes: Zeroizing::new(encoded.as_bytes()[whole].to_vec()), edges }
}

fn percent(secret: &[u8], digits: &[u8; 16], unchanged: Option<&[u8]>, space: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(secret.len() * 3);
    for byte in secret {
        match byte {
            _ if unchanged.is_some_and(|others| byte.is_ascii_alphanumeric() || others.contains(byte)) => {
                encoded.push(*byte);
            }
            b' ' => encoded.extend_from_slice(space),
            _ => encoded.extend([b'%', digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]),
        }
    }
    encoded
}

/// How a writer of JSON escapes what it may or must.
struct Escapes {
    /// Digits of what is not ASCII; none: it stays.
    beyond_ascii: Option<&'static [u8; 16]>,
    slash: bool,
    /// `<`, `>` and `&`, as Go does it.
    html: bool,
}

impl Escapes {
    fn escape(&self, text: &str) -> String {
        // Never longer, so that no copy is left where it grew.
        let mut escaped = String::with_capacity(text.len() * 6);
        for char in text.chars() {
            match char {
                '"' => escaped.push_str("\\\""),
                '\\' => escaped.push_str("\\\\"),
                '\n' => escaped.push_str("\\n"),
                '\r' => escaped.push_str("\\r"),
                '\t' => escaped.push_str("\\t"),
                '\u{8}' => escaped.push_str("\\b"),
                '\u{c}' => escaped.push_str("\\f"),
                '/' if self.slash => escaped.push_str("\\/"),
                '<' | '>' | '&' if self.html => push_unit(&mut escaped, char as u16, LOWER),
                '\0'..='\x1f' => push_unit(&mut escaped, char as u16, self.beyond_ascii.unwrap_or(LOWER)),
                '\u{80}'.. if let Some(digits) = self.beyond_ascii => {
                    for unit in char.encode_utf16(&mut [0; 2]) {
                        push_unit(&mut escaped, *unit, digits);
                    }
                }
                _ => escaped.push(char),
            }
        }
        escaped
    }
}

fn push_unit(escaped: &mut String, unit: u16, digits: &[u8; 16]) {
    escaped.push_str("\\u");
    for shift in [12, 8, 4, 0] {
        escaped.push(char::from(digits[usize::from(unit >> shift & 15)]));
    }
}

/// Of ASCII, what percent encoders leave as it is beside letters and digits: nothing at all, what RFC 3986 calls unreserved, that and
/// the slash (paths), what JavaScript leaves, what user information may hold.
const UNCHANGED: [Option<&[u8]>; 5] =
    [None, Some(b"-._~"), Some(b"-._~/"), Some(b"-._~!'()*"), Some(b"-._~!$&'()*+,;=")];

const ESCAPES: [Escapes; 8] = [
    Escapes { beyond_ascii: None, slash: false, html: false },
    Escapes { beyond_ascii: None, slash: true, html: false },
    Escapes { beyond_ascii: None, slash: false, html: true },
    Escapes { beyond_ascii: Some(LOWER), slash: false, html: false },
    Escapes { beyond_ascii: Some(LOWER), slash: true, html: false },
    Escapes { beyond_ascii: Some(LOWER), slash: false, html: true },
    Escapes { beyond_ascii: Some(UPPER), slash: false, html: false },
    Escapes { beyond_ascii: Some(UPPER), slash: true, html: false },
];

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

#[cfg(test)]
mod tests {
    use super::*;

    fn has(secret: &str, form: &str) -> bool {
        forms(secret.as_bytes()).iter().any(|there| *there.bytes == form.as_bytes())
    }

    #[test]
    fn knows_the_forms_that_common_writers_make() {
        let secret = "pä/s \"<1>\\&\n";
        for form in [
            "70c3a42f7320223c313e5c260a",
            "70C3A42F7320223C313E5C260A",
            "p%C3%A4%2Fs%20%22%3C1%3E%5C%26%0A",
            "p%c3%a4/s%20%22%3c1%3e%5c%26%0a",
            "p%C3%A4%2Fs+%22%3C1%3E%5C%26%0A",
            "%70%C3%A4%2F%73%20%22%3C%31%3E%5C%26%0A",
            "pä/s \\\"<1>\\\\&\\n",
            "pä\\/s \\\"<1>\\\\&\\n",
            "p\\u00e4/s \\\"<1>\\\\&\\n",
            "p\\u00E4\\/s \\\"<1>\\\\&\\n",
            "pä/s \\\"\\u003c1\\u003e\\\\\\u0026\\n",
            "pä/s \\\\\\\"<1>\\\\\\\\&\\\\n",
        ] {
            assert!(has(secret, form), "{form}");
        }
    }

    #[test]
    fn base64_holds_what_the_secret_alone_determines() {
        for prefix_len in 0..3 {
            for suffix_len in 0..3 {
                for secret_len in 6..12 {
                    let secret = &b"\xfb\xff\xbe1\xf0sQ~Zx3.9"[..secret_len];
                    let text = [&b"xyz"[..prefix_len], secret, &b"uvw"[..suffix_len]].concat();
                    let encoded = BASE64_NOPAD.encode(&text);
                    let form = base64(secret, &BASE64_NOPAD, prefix_len);
                    let at = encoded.find(std::str::from_utf8(&form.bytes).unwrap()).unwrap();
                    assert_eq!(at, (prefix_len * 8).div_ceil(6));
                    assert_eq!(form.edges.before, prefix_len > 0);
                    let end_bits = (prefix_len + secret_len) * 8;
                    assert_eq!((at + form.bytes.len()) * 6 < end_bits, form.edges.after);
                }
            }
        }
    }

    #[test]
    fn gives_each_form_once() {
        let mut bytes: Vec<_> = forms(b"abcdef").into_iter().map(|form| form.bytes).collect();
        let all = bytes.len();
        bytes.dedup();
        assert_eq!(bytes.len(), all);
        assert!(all < 12, "{all}");
    }
}
