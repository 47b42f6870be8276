//! What a value is by its shape alone: a path, an address, a name of something.

pub(super) fn is_word(value: &[u8]) -> bool {
    value.iter().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-' | b'>' | b'$' | b'!' | b'&')
    })
}

/// Whether `value` is a field of something: `config.password`, `self.token`.
pub(super) fn is_dotted(value: &[u8]) -> bool {
    let is_part = |part: &[u8]| {
        let letters = part.iter().filter(|byte| byte.is_ascii_alphabetic() || **byte == b'_').count();
        letters >= 2
            && letters + 1 >= part.len()
            && part.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
    };
    // The object of an entry point: `package.module:Class`.
    let value = value.iter().position(|byte| *byte == b':').map_or(value, |colon| &value[..colon]);
    value.contains(&b'.') && value.split(|byte| *byte == b'.').all(is_part)
}

/// Whether `value` is a word with a number behind it: `comment2`, `variable-2`.
pub(super) fn is_numbered_word(value: &[u8]) -> bool {
    let letters = value.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let rest = &value[letters..];
    let number = rest.strip_prefix(b"-").or_else(|| rest.strip_prefix(b"_")).unwrap_or(rest);
    letters >= 4 && number.len() <= 1 && number.iter().all(u8::is_ascii_digit)
}

/// Whether `value` begins with a date: `1979-05-27T07:32:00Z`.
pub(super) fn is_date(value: &[u8]) -> bool {
    value.len() >= 10
        && value[..10].iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
        && matches!(value[5], b'0' | b'1')
        && value.get(10).is_none_or(|byte| matches!(byte, b'T' | b' '))
}

/// Whether `value` is a path of names and numbers: `model.layers.0.weight`.
pub(super) fn is_identifier(value: &[u8]) -> bool {
    let is_part = |part: &[u8]| {
        let digits = part.iter().filter(|byte| byte.is_ascii_digit()).count();
        let is_name = part.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        !part.is_empty() && is_name && (digits == part.len() || digits <= 1)
    };
    value.contains(&b'.') && value.split(|byte| *byte == b'.').all(is_part)
}

/// Whether `value` is made of words with hyphens between them, as names of resources are.
pub(super) fn is_kebab(value: &[u8]) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    value.contains(&b'-')
        && digits * 6 <= value.len()
        && value.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
}

/// Whether `value` is a color, as in a style: `#d0d0d0`.
pub(super) fn is_color(value: &[u8]) -> bool {
    matches!(value.len(), 4 | 7 | 9) && value[0] == b'#' && value[1..].iter().all(u8::is_ascii_hexdigit)
}

/// Whether `value` is the name of a constant: `CLIENT_TRAFFIC_SECRET_0`.
pub(super) fn is_constant(value: &[u8]) -> bool {
    let is_part = |part: &[u8]| {
        part.iter().all(u8::is_ascii_uppercase) && part.len() >= 2 || part.iter().all(u8::is_ascii_digit)
    };
    value[0].is_ascii_uppercase()
        && value.split(|byte| *byte == b'_').count() >= 3
        && value.split(|byte| *byte == b'_').all(is_part)
}

/// Whether `value` is a UUID, which tells things apart more often than it opens them.
pub(super) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

pub(super) fn is_path(value: &[u8]) -> bool {
    if value.starts_with(b"arn:") || value.starts_with(b"urn:") {
        return true;
    }
    let rooted = value.starts_with(b"/")
        || value.starts_with(b"./")
        || value.starts_with(b"../")
        || value.starts_with(b"~/");
    let rooted = rooted && value[1..].contains(&b'/');
    let last = value.rsplit(|byte| *byte == b'.').next().unwrap_or(b"");
    rooted
        || last.len() < value.len()
            && FILE_ENDINGS.iter().any(|ending| last.eq_ignore_ascii_case(ending.as_bytes()))
}

/// Whether `value` is a number with dots, as of a release.
pub(super) fn is_version(value: &[u8]) -> bool {
    value.contains(&b'.')
        && value.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'^' | b'~' | b'='))
}

pub(super) fn is_address(value: &[u8]) -> bool {
    value.windows(3).any(|part| part == b"://") || value.starts_with(b"www.")
}

pub(super) fn is_markup(value: &[u8]) -> bool {
    value.starts_with(b"<") || value.windows(2).any(|part| part == b"/>")
}

const FILE_ENDINGS: &[&str] = &[
    "txt",
    "json",
    "yml",
    "yaml",
    "pem",
    "key",
    "crt",
    "cer",
    "jks",
    "p12",
    "pfx",
    "js",
    "ts",
    "py",
    "go",
    "java",
    "rb",
    "php",
    "html",
    "xml",
    "md",
    "conf",
    "cfg",
    "ini",
    "env",
    "log",
    "properties",
    "png",
    "svg",
    "css",
    "com",
    "org",
    "io",
    "rs",
    "sh",
    "toml",
];
