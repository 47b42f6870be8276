//! The forms that a secret takes in text.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, Encoding, HEXLOWER, HEXUPPER};
use zeroize::Zeroizing;

use super::visible::{Newlines, visible};

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

/// Every form of `secret` but [`listed`], each once.
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
    // Percent-encoded in what is percent-encoded.
    let once = Zeroizing::new(percent(secret, UPPER, UNCHANGED[1], b"%20"));
    forms.push(plain(percent(&once, UPPER, UNCHANGED[1], b"%20")));
    forms.extend(QUOTES.map(|quotes| plain(in_program(secret, quotes))));
    forms.extend(HTML_QUOTES.map(|quotes| plain(in_html(secret, quotes))));
    forms.extend(visible(secret, Newlines::Shown).map(plain));
    if let Ok(text) = std::str::from_utf8(secret) {
        forms.push(plain(format!("{text:?}").trim_matches('"').as_bytes().to_vec()));
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

/// As a program shows bytes (`b"…"`), with these quotes escaped too.
fn in_program(secret: &[u8], quotes: &[u8]) -> Vec<u8> {
    let mut shown = Vec::with_capacity(secret.len() * 4);
    for byte in secret {
        match byte {
            b'\n' => shown.extend_from_slice(b"\\n"),
            b'\r' => shown.extend_from_slice(b"\\r"),
            b'\t' => shown.extend_from_slice(b"\\t"),
            b'\\' => shown.extend_from_slice(b"\\\\"),
            _ if quotes.contains(byte) => shown.extend([b'\\', *byte]),
            b' '..=b'~' => shown.push(*byte),
            _ => {
                let [high, low] = [byte >> 4, byte & 15].map(|digit| LOWER[usize::from(digit)]);
                shown.extend([b'\\', b'x', high, low]);
            }
        }
    }
    shown
}

/// As HTML and XML have it, with these in the place of `"` and `'`.
fn in_html(secret: &[u8], quotes: [&str; 2]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(secret.len() * 6);
    for byte in secret {
        match byte {
            b'&' => escaped.extend_from_slice(b"&amp;"),
            b'<' => escaped.extend_from_slice(b"&lt;"),
            b'>' => escaped.extend_from_slice(b"&gt;"),
            b'"' => escaped.extend_from_slice(quotes[0].as_bytes()),
            b'\'' => escaped.extend_from_slice(quotes[1].as_bytes()),
            _ => escaped.push(*byte),
        }
    }
    escaped
}

/// `secret` as a list of bytes is shown: `104, 117`.
pub(super) fn listed(secret: &[u8]) -> Form {
    let mut numbers = Vec::with_capacity(secret.len() * 5);
    for (at, byte) in secret.iter().enumerate() {
        if at > 0 {
            numbers.extend_from_slice(b", ");
        }
        let digits = [byte / 100, byte / 10 % 10, byte % 10].map(|digit| LOWER[usize::from(digit)]);
        let zeros = digits[..2].iter().take_while(|digit| **digit == b'0').count();
        numbers.extend_from_slice(&digits[zeros..]);
    }
    plain(numbers)
}

/// How a writer of JSON escapes what it may or must.
struct Escapes {
    /// Digits of what is not ASCII; none: it stays.
    beyond_ascii: Option<&'static [u8; 16]>,
    slash: bool,
    /// `<`, `>` and `&`, and what breaks lines in scripts, as Go does it.
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
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' if self.html => {
                    push_unit(&mut escaped, char as u16, LOWER);
                }
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

/// The quotes that may stand around what a program shows.
const QUOTES: [&[u8]; 4] = [b"", b"'", b"\"", b"'\""];
const HTML_QUOTES: [[&str; 2]; 4] = [["\"", "'"], ["&quot;", "'"], ["&quot;", "&#39;"], ["&quot;", "&#x27;"]];

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
    fn knows_how_programs_show_what_they_are_given() {
        let secret = "p'ä\"<\u{1b}\u{7f}&\u{2028}";
        for form in [
            r#"p'\xc3\xa4"<\x1b\x7f&\xe2\x80\xa8"#,
            r#"p\'\xc3\xa4"<\x1b\x7f&\xe2\x80\xa8"#,
            "p&#39;ä&quot;&lt;\u{1b}\u{7f}&amp;\u{2028}",
            "p'ä\\\"\\u003c\\u001b\u{7f}\\u0026\\u2028",
            r#"p'ä\"<\u{1b}\u{7f}&\u{2028}"#,
            r#"p'ä"<\u001b\u007f&\u2028"#,
            "p%2527%25C3%25A4%2522%253C%251B%257F%2526%25E2%2580%25A8",
        ] {
            assert!(has(secret, form), "{form}");
        }
        assert_eq!(*listed(b"\0\nabc\xff").bytes, *b"0, 10, 97, 98, 99, 255");
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
        assert!(all < 13, "{all}");
    }
}
